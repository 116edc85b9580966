import { v } from "contextcore";
import { secretNames } from "./data-sources.ts";
import { create, EXISTING, exists, ownedBy, putBack } from "./restore-object.ts";
import { findSecrets, stillMissing } from "./secrets.ts";
import { objectSchema, without } from "./server.ts";

const sourceSchema = v.looseObject({
  uid: v.string(),
  name: v.string(),
  readOnly: v.optional(v.boolean()),
  secureJsonFields: v.optional(v.nullable(objectSchema)),
});

export const putBackDataSource = putBack(sourceSchema, async (restoring, source) => {
  const { uid, readOnly, secureJsonFields } = source;
  const isThere = () => exists(restoring, `/api/datasources/uid/${encodeURIComponent(uid)}`);
  if (await isThere()) return EXISTING;
  if (readOnly === true && !restoring.managed) return ownedBy("Grafana's file provisioning");
  const { found, missing } = findSecrets(restoring.secrets, source, secretNames(secureJsonFields));
  const json = { ...without(source, "secureJsonFields", "readOnly"), secureJsonData: found };
  const outcome = await create(restoring, { path: "/api/datasources", json, isThere });
  return outcome.done === "created" ? { ...outcome, problems: stillMissing(source, missing) } : outcome;
});

const panelSchema = v.looseObject({ uid: v.string() });

export const putBackLibraryPanel = putBack(panelSchema, async (restoring, panel) => {
  const isThere = () => exists(restoring, `/api/library-elements/${encodeURIComponent(panel.uid)}`);
  if (await isThere()) return EXISTING;
  return create(restoring, { path: "/api/library-elements", json: panel, isThere });
});

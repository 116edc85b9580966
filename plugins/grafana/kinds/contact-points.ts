import { openObject, v } from "contextcore";
import { asObject, asText, type Fields, objectSchema, without } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { putBack, putMissing } from "../put.ts";
import { described } from "../references.ts";
import { COMES_WITHOUT, findSecrets, neverGiven, stillMissing } from "../secrets.ts";
import { read } from "../server.ts";
import { headersFor, nameHash, ownerOf, PROVISIONING, readNamed, templates } from "./alerting.ts";

const PATH = `${PROVISIONING}/contact-points`;

const pointSchema = openObject({
  uid: v.optional(v.string(), ""),
  name: v.string(),
  type: v.string(),
  settings: objectSchema,
  provenance: v.optional(v.string()),
});

/** One file per integration; several can share a name, which is what policies refer to. */
export const contactPoints: ObjectKind = {
  name: "contact-point",
  plural: "contact points",
  unit: "contact-points",
  folder: "alerting/contact-points",
  needs: [templates],
  foresee: async () => [COMES_WITHOUT],

  async list(server) {
    const points = await read(server, v.array(pointSchema), { path: PATH });
    return {
      items: points.map((point) => ({
        uid: point.uid || nameHash(`${point.name}/${point.type}`),
        title: point.name,
        object: point,
      })),
      problems: points.flatMap(({ name, type, settings }) =>
        neverGiven(
          "contact points",
          redactedFields(settings).map((field) => `${name} (${type}): ${field}`),
        ),
      ),
    };
  },

  describe: (point) => described(point, [asText(point.name)]),

  put: putBack(pointSchema, (restoring, point) => {
    const { uid, name, type, provenance, settings } = point;
    const { found, missing } = findSecrets(restoring, point, redactedFields(settings));
    const json = { ...without(point, "provenance"), settings: withSecrets(settings, found) };
    return putMissing(restoring, {
      isThere: async () =>
        (await readNamed(restoring, "contact-points")).some((one) =>
          uid === "" ? one.name === name && one.type === type : one.uid === uid,
        ),
      owner: ownerOf(provenance),
      request: () => ({
        path: PATH,
        json,
        headers: headersFor(provenance),
        problems: stillMissing(point, missing),
      }),
    });
  }),
};

/** The placeholder for a secret that is set. */
const REDACTED = "[REDACTED]";

/** The paths inside `settings` whose values are hidden: `url`, `http_config.basic_auth.password`. */
function redactedFields(settings: unknown, prefix = ""): string[] {
  if (settings === REDACTED) return [prefix];
  if (typeof settings !== "object" || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) =>
    redactedFields(value, prefix === "" ? key : `${prefix}.${key}`),
  );
}

/** A secret that nobody supplied keeps its placeholder: policies refer to the contact point by name, so it must exist. */
function withSecrets(settings: Fields, found: Readonly<Record<string, string>>, prefix = ""): Fields {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      const path = `${prefix}${key}`;
      if (value === REDACTED) return [key, found[path] ?? REDACTED];
      const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
      return [key, isGroup ? withSecrets(asObject(value), found, `${path}.`) : value];
    }),
  );
}

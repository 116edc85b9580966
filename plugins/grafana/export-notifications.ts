import { type HttpClient, type Problem, type Step, v } from "contextcore";
import {
  type ContactPoint,
  contactPointSchema,
  namedSchema,
  nameHash,
  PROVISIONING,
  redactedFields,
} from "./alerting.ts";
import { toFileText } from "./exact-json.ts";
import { filePaths } from "./paths.ts";
import { type Fields, objectSchema, read, without } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

/** One file an integration; several can share a name, which is what policies refer to. */
export const exportContactPoints: ReadStep = stepOf({}, ({ http }, _, signal) =>
  tolerant("contact points", async () => {
    const points = await read(http, v.array(contactPointSchema), {
      path: `${PROVISIONING}/contact-points`,
      signal,
    });
    const items = points.map((point) => ({
      point,
      title: point.name,
      uid: point.uid || nameHash(`${point.name}/${point.type}`),
    }));
    const paths = filePaths("alerting/contact-points", items);
    return {
      objects: items.map(({ point, uid }) => ({
        path: paths.get(uid) ?? "",
        text: toFileText(point),
        unit: "contact-points",
      })),
      problems: points.flatMap(secretsMissing),
    };
  }),
);

function secretsMissing({ name, type, settings }: ContactPoint): Problem[] {
  const items = redactedFields(settings).map((field) => `${name} (${type}): ${field}`);
  if (items.length === 0) return [];
  return [
    { kind: "not-contained", reason: "Secrets of contact points: Grafana never gives their values.", items },
  ];
}

/** There is one tree of policies. */
export const exportPolicies: ReadStep = stepOf({}, ({ http }, _, signal) =>
  tolerant("notification policies", async () => {
    const tree = await read(http, objectSchema, { path: `${PROVISIONING}/policies`, signal });
    const path = "grafana/alerting/policies/notification-policies.json";
    return { objects: [{ path, text: toFileText(tree), unit: "policies" }] };
  }),
);

export const exportMuteTimings: ReadStep = stepOf({}, ({ http }, _, signal) =>
  tolerant("mute timings", () => exportNamed(http, { list: "mute-timings", unit: "mute-timings" }, signal)),
);

export const exportTemplates: ReadStep = stepOf({}, ({ http }, _, signal) =>
  tolerant("message templates", () => exportNamed(http, { list: "templates", unit: "templates" }, signal)),
);

/** Objects that are known by their name. Their version is a hash that the server makes. */
async function exportNamed(
  http: HttpClient,
  { list, unit }: { list: string; unit: string },
  signal: AbortSignal,
): Promise<Step> {
  const rows = await read(http, v.array(namedSchema), { path: `${PROVISIONING}/${list}`, signal });
  const items = rows.map((row) => ({ row, title: row.name, uid: nameHash(row.name) }));
  const paths = filePaths(`alerting/${list}`, items);
  return {
    objects: items.map(({ row, uid }) => ({ path: paths.get(uid) ?? "", text: toFileText(kept(row)), unit })),
  };
}

const kept = (row: Fields): Fields => without(row, "version");

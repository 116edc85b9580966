import { type Cursor, openObject, v } from "contextcore";
import { namesIn, namesInPolicies, PROVISIONING, problemsOfNames, splitNames } from "../by-name.ts";
import { asObject, asText, type Fields, objectSchema, without } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { putBack, putInPlace } from "../put.ts";
import { described } from "../references.ts";
import { COMES_WITHOUT, findSecrets, neverGiven, stillMissing } from "../secrets.ts";
import { readRows, type Server } from "../server.ts";
import { headersFor, nameHash, ownerOf, placeInList, plainAlerting, templates } from "./alerting.ts";

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
  singular: "contact point",
  unit: "contact-points",
  folder: "alerting/contact-points",
  needs: [templates],
  foresee: async () => [COMES_WITHOUT],

  async list(server, cursor) {
    const points = cursor.names === undefined ? await readPoints(server) : await pointsOf(server, cursor);
    return {
      items: points.map((point) => ({
        uid: point.uid || nameHash(`${point.name}/${point.type}`),
        title: point.name,
        object: point,
      })),
      problems: [
        ...problemsOfNames(cursor, "contact points"),
        ...points.flatMap(({ name, type, settings }) =>
          neverGiven(
            "contact points",
            redactedFields(settings).map((field) => `${name} (${type}): ${field}`),
          ),
        ),
      ],
    };
  },
  split: (server, cursor) =>
    splitNames(cursor, { singular: "contact point", names: () => namesInPolicies(server, "receiver") }),

  describe: (point) => described(point, [asText(point.name)]),

  place: (server) => placeInList(() => readPoints(server), isInPlace),
  plain: plainAlerting,

  put: putBack(pointSchema, (restoring, point) => {
    const { provenance, settings } = point;
    const { found, missing } = findSecrets(restoring, point, redactedFields(settings));
    const json = { ...without(point, "provenance"), settings: withSecrets(settings, found) };
    const headers = headersFor(provenance);
    return putInPlace(restoring, contactPoints, point, {
      owner: ownerOf(provenance),
      create: () => ({ path: PATH, json, headers }),
      replace: (held) => [
        { method: "PUT", path: `${PATH}/${encodeURIComponent(asText(held.uid))}`, json, headers },
      ],
      problems: stillMissing(point, missing),
    });
  }),
};

/** All, or those of one name. */
const readPoints = (server: Server, name?: string) =>
  readRows(server, pointSchema, { path: PATH, query: { name } });

async function pointsOf(server: Server, cursor: Cursor) {
  const points: v.InferOutput<typeof pointSchema>[] = [];
  for (const name of namesIn(cursor)) points.push(...(await readPoints(server, name)));
  return points;
}

/** A saved contact point without a uid is identified by its name and type. */
const isInPlace = (held: Fields, saved: Fields): boolean =>
  asText(saved.uid) === "" ? held.name === saved.name && held.type === saved.type : held.uid === saved.uid;

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

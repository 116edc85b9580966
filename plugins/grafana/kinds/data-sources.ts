import { type Cursor, objectOf, openObject, v } from "contextcore";
import { asObject, asText, type Fields, filledIn, objectSchema, toFileText, without } from "../json.ts";
import { type ObjectKind, readOne } from "../kind.ts";
import { putBack, putInPlace } from "../put.ts";
import { described } from "../references.ts";
import { COMES_WITHOUT, findSecrets, neverGiven, stillMissing } from "../secrets.ts";
import { read, readIfThere, readRows, type Server } from "../server.ts";

const sourceSchema = openObject({
  uid: v.string(),
  name: v.string(),
  readOnly: v.optional(v.boolean()),
  secureJsonFields: v.optional(v.nullable(objectSchema)),
});

/** Numbers and images that the server sets itself. */
const OWN = ["id", "orgId", "version", "typeLogoUrl", "accessControl"];

const pathOf = (uid: string): string => `/api/datasources/uid/${encodeURIComponent(uid)}`;

/** The list has neither the secrets' names nor all settings, so each data source is read individually. */
export const dataSources: ObjectKind = {
  name: "datasource",
  plural: "data sources",
  singular: "data source",
  unit: "data-sources",
  folder: "datasources",
  needs: [],
  count: async (server) => (await readDataSources(server)).length,
  foresee: async () => [COMES_WITHOUT],

  async list(server, cursor) {
    const rows =
      cursor.half === undefined ? await readDataSources(server) : await halfOfSettings(server, cursor);
    return { items: rows.map(({ uid, name }) => ({ uid, title: name, cursor: { uid, name } })) };
  },
  /** The settings of the web page name them, too. */
  async split(server, cursor) {
    if (cursor.half !== undefined) return {};
    await halfOfSettings(server, { half: 0 });
    return { cursors: [0, 1].map((half) => ({ ...cursor, half })) };
  },

  one: readOne(
    "datasource",
    { uid: v.string(), name: v.string() },
    {
      label: ({ name }) => name,
      async read(server, { uid, name }) {
        const source = await read(server, objectSchema, { path: pathOf(uid) });
        const secrets = secretNames(source.secureJsonFields).map((field) => `${name}: ${field}`);
        return {
          text: toFileText(without(source, ...OWN)),
          problems: neverGiven("data sources", secrets),
        };
      },
    },
  ),

  describe: (source) => described(source, [asText(source.uid), asText(source.name)]),

  place: (server) => (source) => readIfThere(server, objectSchema, { path: pathOf(asText(source.uid)) }),
  plain: (source) => filledIn(without(source, ...OWN, ...PROTECTED)),

  put: putBack(sourceSchema, (restoring, source) => {
    const { uid, readOnly, secureJsonFields } = source;
    const { found, missing } = findSecrets(restoring, source, secretNames(secureJsonFields));
    const json: Fields = { ...without(source, ...PROTECTED), secureJsonData: found };
    return putInPlace(restoring, dataSources, source, {
      owner: readOnly === true ? "Grafana's file provisioning" : undefined,
      create: () => ({ path: "/api/datasources", json }),
      // Secrets that are not sent stay.
      replace: () => [{ method: "PUT", path: pathOf(uid), json }],
      problems: stillMissing(source, missing),
    });
  }),
};

/** Members that a restore does not write, so they are not compared either. Missing secrets were named when it was restored. */
const PROTECTED = ["secureJsonFields", "readOnly"];

const rowSchema = v.object({ uid: v.string(), name: v.string() });

/** What they are called. */
export const readDataSources = (server: Server) => readRows(server, rowSchema, { path: "/api/datasources" });

const settingsSchema = v.object({
  datasources: objectOf(
    v.object({
      uid: v.string(),
      name: v.string(),
      meta: v.optional(v.object({ builtIn: v.optional(v.boolean()) })),
    }),
  ),
});

/** Every other one that the settings name, without those that are part of every Grafana. */
async function halfOfSettings(server: Server, { half }: Cursor) {
  const { datasources } = await read(server, settingsSchema, { path: "/api/frontend/settings" });
  const own = Object.values(datasources).filter(({ meta }) => meta?.builtIn !== true);
  return own.toSorted((a, b) => (a.uid < b.uid ? -1 : 1)).filter((_, index) => index % 2 === half);
}

/** The names of a data source's secrets; Grafana never returns their values. */
const secretNames = (secureJsonFields: unknown): string[] =>
  Object.entries(asObject(secureJsonFields)).flatMap(([field, isSet]) => (isSet === true ? [field] : []));

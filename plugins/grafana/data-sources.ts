import { type HttpClient, type Problem, v } from "contextcore";
import { toFileText } from "./exact-json.ts";
import { filePaths } from "./paths.ts";
import { asObject, objectSchema, read, without } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

const rowSchema = v.object({ uid: v.string(), name: v.string() });

/** The list has neither secrets' names nor all settings: each data source has to be asked for by itself. */
export const readDataSources = (http: HttpClient, signal: AbortSignal) =>
  read(http, v.array(rowSchema), { path: "/api/datasources", signal });

export const exportDataSources: ReadStep = stepOf({}, ({ http }, _, signal) =>
  tolerant("data sources", async () => {
    const rows = await readDataSources(http, signal);
    const paths = filePaths(
      "datasources",
      rows.map(({ uid, name }) => ({ uid, title: name })),
    );
    return {
      next: rows.map(({ uid, name }) => ({ kind: "datasource", uid, name, path: paths.get(uid) ?? "" })),
    };
  }),
);

/** Numbers and pictures that the server gives itself. */
const OWN = ["id", "orgId", "version", "typeLogoUrl", "accessControl"];

export const exportDataSource: ReadStep = stepOf(
  { uid: v.string(), name: v.string(), path: v.string() },
  ({ http }, { uid, name, path }, signal) =>
    tolerant(
      "data sources",
      async () => {
        const source = await read(http, objectSchema, {
          path: `/api/datasources/uid/${encodeURIComponent(uid)}`,
          signal,
        });
        const objects = [{ path, text: toFileText(without(source, ...OWN)), unit: "data-sources" }];
        return { objects, problems: missing(name, source.secureJsonFields) };
      },
      name,
    ),
);

/** The names of the secrets that a data source has; Grafana never gives their values. */
export const secretNames = (secureJsonFields: unknown): string[] =>
  Object.entries(asObject(secureJsonFields)).flatMap(([field, isSet]) => (isSet === true ? [field] : []));

function missing(name: string, secureJsonFields: unknown): Problem[] {
  const items = secretNames(secureJsonFields).map((field) => `${name}: ${field}`);
  if (items.length === 0) return [];
  return [
    { kind: "not-contained", reason: "Secrets of data sources: Grafana never gives their values.", items },
  ];
}

/** Reads lists page by page to their end: Grafana's search, and the resources under `/apis`. */
import { PluginError, v } from "contextcore";
import { objectSchema } from "./json.ts";
import type { Reading } from "./kind.ts";
import { folderNames, isSelected, type Selector } from "./selector.ts";
import { read, type Server } from "./server.ts";

const hitSchema = v.object({
  uid: v.string(),
  title: v.optional(v.string(), ""),
  folderUid: v.optional(v.string(), ""),
  folderTitle: v.optional(v.string(), ""),
  tags: v.optional(v.nullable(v.array(v.string()))),
  url: v.optional(v.string(), ""),
});
/** What Grafana's search says of a dashboard or a folder. */
export type Hit = v.InferOutput<typeof hitSchema>;

/** Grafana's default; more than 5000 is refused. */
const PAGE = 1000;

/** A proxy that drops the query string returns the first page for ever. */
export const sameAgain = (path: string): PluginError =>
  new PluginError("invalid", `grafana: ${path} gives the same page again and again`, {
    hint: "Does a proxy before Grafana drop the query of a URL?",
  });

interface Search {
  readonly type: "dash-db" | "dash-folder";
  /** Only items with all of these. */
  readonly tag?: readonly string[];
}

/**
 * Everything that the search finds, by uid. Reads pages until one is not full. A list that changes meanwhile can show a row
 * twice; it counts once.
 */
export async function searchAll(server: Server, { type, tag = [] }: Search): Promise<Hit[]> {
  const found = new Map<string, Hit>();
  for (let page = 1; ; page += 1) {
    const rows = await read(server, v.array(hitSchema), {
      path: "/api/search",
      query: { type, limit: PAGE, page, tag },
    });
    const before = found.size;
    for (const row of rows) found.set(row.uid, row);
    if (rows.length === PAGE && found.size === before) throw sameAgain("/api/search");
    if (rows.length < PAGE) return [...found.values()];
  }
}

/** The dashboards that the selector matches; all without one. */
export async function findDashboards(reading: Reading): Promise<Hit[]> {
  const { selector } = reading;
  if (selector === undefined) return searchAll(reading, { type: "dash-db" });
  // The server compares tags exactly, but its word search depends on the version, so titles are compared here.
  const tag = selector.flatMap(({ name, negated, equals }) =>
    name === "tag" && !negated && equals !== undefined ? [equals] : [],
  );
  const hits = await searchAll(reading, { type: "dash-db", tag });
  const foldersOf = await namesOfFolders(reading, selector);
  return hits.filter(({ uid, title, tags, folderUid }) =>
    isSelected(
      { kind: "dashboard", uids: [uid], titles: [title], tags: tags ?? [], folders: foldersOf(folderUid) },
      selector,
    ),
  );
}

async function namesOfFolders(
  server: Server,
  selector: Selector,
): Promise<(uid: string) => readonly string[]> {
  if (!selector.some(({ name }) => name === "folder")) return () => [];
  const hits = await searchAll(server, { type: "dash-folder" });
  return folderNames(hits.map(({ uid, title, folderUid }) => ({ uid, title, parentUid: folderUid })));
}

const metadataSchema = v.object({ name: v.string(), annotations: v.optional(objectSchema, {}) });

/** One resource under `/apis`. */
export const resourceSchema = v.object({ metadata: metadataSchema, spec: objectSchema });

const resourcesSchema = v.object({
  metadata: v.object({ continue: v.optional(v.string()) }),
  items: v.array(resourceSchema),
});
type Resources = v.InferOutput<typeof resourcesSchema>["items"];

/** Every resource of a list under `/apis`, until there is no continue token. */
export async function listResources(server: Server, path: string): Promise<Resources> {
  const all: Resources = [];
  let token: string | undefined;
  do {
    const query = { limit: PAGE, continue: token };
    const { metadata, items } = await read(server, resourcesSchema, { path, query });
    all.push(...items);
    if (metadata.continue && metadata.continue === token) throw sameAgain(path);
    token = metadata.continue;
  } while (token);
  return all;
}

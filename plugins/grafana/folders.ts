import { type DashboardFolder, type HttpClient, v } from "contextcore";
import { sameAgain } from "./search.ts";
import { asText, objectSchema, read, resourcePath, type Server, type World } from "./server.ts";

/** A folder as its file in a snapshot says it; the same fields create it again. */
export type Folder = DashboardFolder;

export interface FolderTree {
  readonly folders: readonly Folder[];
  /** True when the account sees folders whose parents it may not see: then there may be others that it does not see. */
  readonly partial: boolean;
}

/** Every folder that the account may see, at all depths. */
export async function readFolders({ http, world }: Server, signal: AbortSignal): Promise<FolderTree> {
  const known = await world(signal);
  const folders =
    known.folders === undefined
      ? await walk(http, signal)
      : await listResources(http, { world: known, version: known.folders }, signal);
  const uids = new Set(folders.map((folder) => folder.uid));
  const partial = folders.some(({ parentUid }) => parentUid !== undefined && !uids.has(parentUid));
  return { folders, partial };
}

const PAGE = 1000;

const rowSchema = v.object({
  uid: v.string(),
  title: v.string(),
  parentUid: v.optional(v.string()),
  managedBy: v.optional(v.string()),
});

/** Not a folder: Grafana's way to list what lies below folders that the account may not see. */
const SHARED = "sharedwithme";

/** The old API lists one level at a time. */
async function walk(http: HttpClient, signal: AbortSignal): Promise<Folder[]> {
  const found: Folder[] = [];
  const seen = new Set<string>();
  const waiting: (string | undefined)[] = [undefined];
  for (let parentUid = waiting.shift(); ; parentUid = waiting.shift()) {
    for (const row of await level(http, parentUid, signal)) {
      if (seen.has(row.uid)) continue;
      seen.add(row.uid);
      waiting.push(row.uid);
      if (row.uid !== SHARED) found.push(fromRow(row));
    }
    if (waiting.length === 0) return found;
  }
}

async function level(http: HttpClient, parentUid: string | undefined, signal: AbortSignal) {
  const all: v.InferOutput<typeof rowSchema>[] = [];
  for (let page = 1; ; page += 1) {
    const query = { parentUid, limit: PAGE, page };
    const rows = await read(http, v.array(rowSchema), { path: "/api/folders", query, signal });
    if (rows.length === PAGE && rows[0]?.uid === all.at(-PAGE)?.uid) throw sameAgain("/api/folders");
    all.push(...rows);
    if (rows.length < PAGE) return all;
  }
}

const fromRow = ({ uid, title, parentUid, managedBy }: v.InferOutput<typeof rowSchema>): Folder => ({
  uid,
  title,
  ...(parentUid ? { parentUid } : {}),
  ...(managedBy ? { managedBy } : {}),
});

const metadataSchema = v.object({ name: v.string(), annotations: v.optional(objectSchema, {}) });

export const listSchema = v.object({
  metadata: v.object({ continue: v.optional(v.string()) }),
  items: v.array(v.object({ metadata: metadataSchema, spec: objectSchema })),
});

/** Every item of a list under `/apis`, page after page until there is no continue token. */
export async function listItems(
  http: HttpClient,
  path: string,
  signal: AbortSignal,
): Promise<v.InferOutput<typeof listSchema>["items"]> {
  const all: v.InferOutput<typeof listSchema>["items"] = [];
  let token: string | undefined;
  do {
    const query = { limit: PAGE, continue: token };
    const { metadata, items } = await read(http, listSchema, { path, query, signal });
    all.push(...items);
    if (metadata.continue && metadata.continue === token) throw sameAgain(path);
    token = metadata.continue;
  } while (token);
  return all;
}

async function listResources(
  http: HttpClient,
  { world, version }: { world: World; version: string },
  signal: AbortSignal,
): Promise<Folder[]> {
  const items = await listItems(http, resourcePath(world, "folder", version, "folders"), signal);
  return items.map(({ metadata, spec }) => {
    const parentUid = asText(metadata.annotations["grafana.app/folder"]);
    const managedBy = asText(metadata.annotations["grafana.app/managedBy"]);
    const description = asText(spec.description);
    return {
      uid: metadata.name,
      title: asText(spec.title),
      ...(description === "" ? {} : { description }),
      ...(parentUid === "" ? {} : { parentUid }),
      ...(managedBy === "" ? {} : { managedBy }),
    };
  });
}

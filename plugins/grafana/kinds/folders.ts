import { type Cursor, type DashboardFolder, given, v } from "contextcore";
import { FOLDER_ANNOTATION } from "../dashboard-draft.ts";
import { asText, toFileText } from "../json.ts";
import { type Listing, type ObjectKind, type Reading, readOne } from "../kind.ts";
import {
  findDashboards,
  findReadableDashboards,
  listResources,
  resourceSchema,
  sameAgain,
  searchAll,
  searchStep,
  splitSearch,
} from "../lists.ts";
import { folderPaths } from "../paths.ts";
import { putBack, putInPlace, type Write } from "../put.ts";
import { described, inFolder } from "../references.ts";
import { looking, orAbsent, read, resourcePath, type Server, soundRows, type World } from "../server.ts";

/** A folder's file: the fields needed to create it again. */
const folderSchema = v.object({
  uid: v.string(),
  title: v.string(),
  description: v.exactOptional(v.string()),
  parentUid: v.exactOptional(v.string()),
  managedBy: v.exactOptional(v.string()),
});

/** With a selector, only the parents of the dashboards found. */
export const folders: ObjectKind = {
  name: "folder",
  plural: "folders",
  singular: "folder",
  unit: "folders",
  folder: "folders",
  needs: [],
  count: async (server) => (await searchAll(server, { type: "dash-folder" })).length,
  note: (world) =>
    world.folders === undefined
      ? "/api/folders, level by level"
      : `/apis/folder.grafana.app/${world.folders}`,

  async list(reading, cursor) {
    if (cursor.by === BY_SEARCH) return listBySearch(reading, cursor);
    if (cursor.uid !== undefined) return listUpwards(reading, cursor);
    const tree = await readFolders(reading);
    const wanted = reading.selector === undefined ? tree.folders : above(tree, await findDashboards(reading));
    const paths = folderPaths(tree.folders);
    const items = wanted.map((folder) => {
      const { uid, title } = folder;
      return { uid, title, directory: paths.get(uid)?.slice(0, -1) ?? [], object: folder };
    });
    return tree.partial ? { items, problems: [PARTIAL_VIEW] } : { items };
  },

  /** The search lists them, too, though without their descriptions; those above dashboards are read one by one. */
  async split(reading, cursor) {
    if (cursor.uid !== undefined) return { items: [`folder ${cursor.uid}, and what it lies in`] };
    if (reading.selector !== undefined) return { cursors: await innermost(reading, cursor) };
    return splitSearch(reading, { ...cursor, by: BY_SEARCH }, { type: "dash-folder", name: "folder" });
  },

  one: readOne(
    "folder",
    { uid: v.string(), title: v.string() },
    {
      label: ({ uid, title }) => `${title} (${uid})`,
      read: async (server, { uid }) => ({ text: toFileText(await readFolder(server, uid)), problems: [] }),
    },
  ),

  describe(folder) {
    const parentUid = asText(folder.parentUid);
    const folderUid = asText(folder.uid);
    return { ...described(folder, [folderUid]), folderUid, parentUid, refers: inFolder(parentUid) };
  },

  place: (server) => async (folder) => {
    const found = await orAbsent(readFolder(server, asText(folder.uid)));
    if (found === undefined || (await server.world()).folders !== undefined) return found && { ...found };
    // The old API does not return the description.
    return { ...found, ...given({ description: folder.description }) };
  },

  plain: ({ title, description, parentUid }) => ({
    title,
    description: asText(description),
    "its folder": asText(parentUid),
  }),

  put: putBack(folderSchema, async (restoring, folder) => {
    const world = await restoring.world();
    return putInPlace(restoring, folders, folder, {
      owner: folder.managedBy,
      create: () => folderRequest(world, folder),
      replace: (held) => folderChanges(folder, asText(held.parentUid)),
    });
  }),
};

/** The mark of a cursor that lists folders by the search. */
const BY_SEARCH = "search";

async function listBySearch(server: Server, cursor: Cursor): Promise<Listing> {
  const { hits, next } = await searchStep(server, { type: "dash-folder" }, cursor);
  return {
    items: hits.map(({ uid, title, folderUid }) => ({ uid, title, folderUid, cursor: { uid, title } })),
    next,
  };
}

/** The cursors of the folders that the chosen dashboards lie in, and of the root, which is none. */
async function innermost(reading: Reading, cursor: Cursor): Promise<Cursor[]> {
  const uids = (await findReadableDashboards(looking(reading))).map(({ folderUid }) => folderUid);
  return [...new Set(["", ...uids])].map((uid) => ({ ...cursor, uid }));
}

/** The folder that a cursor names, and the cursor of the one above it. */
async function listUpwards(server: Server, cursor: Cursor): Promise<Listing> {
  if (cursor.uid === "") return { items: [] };
  const folder = await orAbsent(readFolder(server, asText(cursor.uid)));
  if (folder === undefined) return { items: [] };
  const { uid, title, parentUid } = folder;
  return {
    items: [{ uid, title, ...given({ folderUid: parentUid }), object: folder }],
    next: parentUid === undefined ? [] : [{ ...cursor, uid: parentUid }],
  };
}

/** One folder, through the new API if there is one. */
async function readFolder(server: Server, uid: string): Promise<DashboardFolder> {
  const world = await server.world();
  const name = encodeURIComponent(uid);
  if (world.folders === undefined)
    return fromRow(await read(server, rowSchema, { path: `/api/folders/${name}` }));
  const path = resourcePath(world, "folder", world.folders, `folders/${name}`);
  return fromResource(await read(server, resourceSchema, { path }));
}

/** A folder is changed and moved by two calls. @param parentUid where it is */
function folderChanges(folder: DashboardFolder, parentUid: string): Write[] {
  const path = `/api/folders/${encodeURIComponent(folder.uid)}`;
  const { title, description = "", parentUid: wanted = "" } = folder;
  const change: Write = { method: "PUT", path, json: { title, description, overwrite: true } };
  return wanted === parentUid
    ? [change]
    : [{ method: "POST", path: `${path}/move`, json: { parentUid: wanted } }, change];
}

const PARTIAL_VIEW = {
  kind: "incomplete",
  reason:
    "The account sees only part of this Grafana (it sees folders whose parents it may not see). Export with an account that sees everything.",
} as const;

/** The folders that contain something, at any depth. */
function above(
  { folders }: FolderTree,
  things: readonly { readonly folderUid: string }[],
): DashboardFolder[] {
  const byUid = new Map(folders.map((folder) => [folder.uid, folder]));
  const wanted = new Set<DashboardFolder>();
  for (const { folderUid } of things) {
    let folder = byUid.get(folderUid);
    while (folder !== undefined && !wanted.has(folder)) {
      wanted.add(folder);
      folder = byUid.get(folder.parentUid ?? "");
    }
  }
  return [...wanted];
}

/** The call that creates a folder, through the new API if there is one: the old one does not accept a description. */
export function folderRequest(world: World, folder: DashboardFolder): Write & { readonly method: "POST" } {
  const { uid, title, description, parentUid } = folder;
  if (world.folders === undefined)
    return { method: "POST", path: "/api/folders", json: { uid, title, parentUid, description } };
  const json = {
    apiVersion: `folder.grafana.app/${world.folders}`,
    kind: "Folder",
    metadata: { name: uid, annotations: parentUid === undefined ? {} : { [FOLDER_ANNOTATION]: parentUid } },
    spec: { title, ...given({ description }) },
  };
  return { method: "POST", path: resourcePath(world, "folder", world.folders, "folders"), json };
}

interface FolderTree {
  readonly folders: readonly DashboardFolder[];
  /** True when the account sees folders whose parents it may not see: there may then be others that it cannot see. */
  readonly partial: boolean;
}

/** Every folder that the account may see, at any depth. */
export async function readFolders(server: Server): Promise<FolderTree> {
  const known = await server.world();
  const path = known.folders && resourcePath(known, "folder", known.folders, "folders");
  const folders = path === undefined ? await walk(server) : await readResources(server, path);
  const uids = new Set(folders.map((folder) => folder.uid));
  const partial = folders.some(({ parentUid }) => parentUid !== undefined && !uids.has(parentUid));
  return { folders, partial };
}

async function readResources(server: Server, path: string): Promise<DashboardFolder[]> {
  return (await listResources(server, path)).map(fromResource);
}

const fromResource = ({
  metadata: { name, annotations },
  spec,
}: v.InferOutput<typeof resourceSchema>): DashboardFolder => ({
  uid: name,
  title: asText(spec.title),
  ...filled("description", spec.description),
  ...filled("parentUid", annotations[FOLDER_ANNOTATION]),
  ...filled("managedBy", annotations["grafana.app/managedBy"]),
});

/** A field of the file, unless it is empty. */
const filled = (name: string, value: unknown): Readonly<Record<string, string>> =>
  asText(value) === "" ? {} : { [name]: asText(value) };

const PAGE = 1000;

const rowSchema = v.object({
  uid: v.string(),
  title: v.string(),
  parentUid: v.optional(v.string()),
  managedBy: v.optional(v.string()),
});

const fromRow = ({ uid, title, parentUid, managedBy }: v.InferOutput<typeof rowSchema>): DashboardFolder => ({
  uid,
  title,
  ...filled("parentUid", parentUid),
  ...filled("managedBy", managedBy),
});

/** Not a real folder: Grafana lists items below invisible folders under it. */
const SHARED = "sharedwithme";

/** The old API lists one level at a time. */
async function walk(server: Server): Promise<DashboardFolder[]> {
  const found: DashboardFolder[] = [];
  const seen = new Set<string>();
  const waiting: (string | undefined)[] = [undefined];
  for (let above = waiting.shift(); ; above = waiting.shift()) {
    for (const row of await level(server, above)) {
      if (seen.has(row.uid)) continue;
      seen.add(row.uid);
      waiting.push(row.uid);
      if (row.uid !== SHARED) found.push(fromRow(row));
    }
    if (waiting.length === 0) return found;
  }
}

async function level(server: Server, parentUid: string | undefined) {
  const all: v.InferOutput<typeof rowSchema>[] = [];
  let first: string | undefined;
  for (let page = 1; ; page += 1) {
    const query = { parentUid, limit: PAGE, page };
    const request = { path: "/api/folders", query };
    const found = await read(server, v.array(v.unknown()), request);
    const rows = soundRows(server, rowSchema, { rows: found, request });
    if (found.length === PAGE && rows[0]?.uid === first) throw sameAgain(request.path);
    first = rows[0]?.uid;
    all.push(...rows);
    if (found.length < PAGE) return all;
  }
}

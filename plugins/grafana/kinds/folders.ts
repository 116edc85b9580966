import { type DashboardFolder, given, v } from "contextcore";
import { FOLDER_ANNOTATION } from "../dashboard-draft.ts";
import { asText } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { findDashboards, listResources, resourceSchema, sameAgain, searchAll } from "../lists.ts";
import { folderPaths } from "../paths.ts";
import { putBack, putInPlace, type Write } from "../put.ts";
import { described, inFolder } from "../references.ts";
import { read, readIfThere, resourcePath, type Server, type World } from "../server.ts";

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

  async list(reading) {
    const tree = await readFolders(reading);
    const wanted = reading.selector === undefined ? tree.folders : above(tree, await findDashboards(reading));
    const paths = folderPaths(tree.folders);
    const items = wanted.map((folder) => {
      const { uid, title } = folder;
      return { uid, title, directory: paths.get(uid)?.slice(0, -1) ?? [], object: folder };
    });
    return tree.partial ? { items, problems: [PARTIAL_VIEW] } : { items };
  },

  describe(folder) {
    const parentUid = asText(folder.parentUid);
    const folderUid = asText(folder.uid);
    return { ...described(folder, [folderUid]), folderUid, parentUid, refers: inFolder(parentUid) };
  },

  place: (server) => async (folder) => {
    const world = await server.world();
    const uid = encodeURIComponent(asText(folder.uid));
    if (world.folders === undefined) {
      const row = await readIfThere(server, rowSchema, { path: `/api/folders/${uid}` });
      // The old API does not return the description.
      return row && { ...row, ...given({ description: folder.description }) };
    }
    const path = resourcePath(world, "folder", world.folders, `folders/${uid}`);
    const found = await readIfThere(server, resourceSchema, { path });
    return found && { ...fromResource(found) };
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

/** Not a real folder: Grafana lists items below invisible folders under it. */
const SHARED = "sharedwithme";

/** The old API lists one level at a time. */
async function walk(server: Server): Promise<DashboardFolder[]> {
  const found: DashboardFolder[] = [];
  const seen = new Set<string>();
  const waiting: (string | undefined)[] = [undefined];
  for (let above = waiting.shift(); ; above = waiting.shift()) {
    for (const { uid, title, parentUid, managedBy } of await level(server, above)) {
      if (seen.has(uid)) continue;
      seen.add(uid);
      waiting.push(uid);
      if (uid === SHARED) continue;
      found.push({ uid, title, ...filled("parentUid", parentUid), ...filled("managedBy", managedBy) });
    }
    if (waiting.length === 0) return found;
  }
}

async function level(server: Server, parentUid: string | undefined) {
  const all: v.InferOutput<typeof rowSchema>[] = [];
  for (let page = 1; ; page += 1) {
    const query = { parentUid, limit: PAGE, page };
    const rows = await read(server, v.array(rowSchema), { path: "/api/folders", query });
    if (rows.length === PAGE && rows[0]?.uid === all.at(-PAGE)?.uid) throw sameAgain("/api/folders");
    all.push(...rows);
    if (rows.length < PAGE) return all;
  }
}

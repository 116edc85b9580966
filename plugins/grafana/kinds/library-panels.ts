import { openObject, type Problem, v } from "contextcore";
import { asText, type Fields, objectSchema } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { nextPage, type Page, pageOf, splitPage } from "../pages.ts";
import { putBack, putInPlace } from "../put.ts";
import { describedIn } from "../references.ts";
import { read, readIfThere, type Server, soundRows } from "../server.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";

/** Panels that several dashboards share. */
export const libraryPanels: ObjectKind = {
  name: "library-panel",
  plural: "library panels",
  singular: "library panel",
  unit: "library-panels",
  folder: "library-panels",
  needs: [folders, dataSources],
  /** Including those that this account may not see. Before 10 the total leaves out what lies in no folder. */
  async count(server) {
    const { total, panels } = await readAll(server);
    return Math.max(total, panels.length);
  },

  /**
   * One page. Permissions apply after paging, so a page that is not full need not be the last: the total says where the end is,
   * and rows missing from a page are rows that this account may not see. The total may be too small, so a full page is not
   * the last either.
   */
  async list(server, cursor) {
    const { page, size, isPart } = pageOf(cursor, PAGE);
    const { totalCount, elements, panels } = await readPage(server, page, size);
    const unseen = Math.min(size, totalCount - (page - 1) * size) - elements.length;
    return {
      items: panels.map((panel) => ({
        uid: panel.uid,
        title: panel.name,
        folderUid: panel.folderUid,
        object: panel,
      })),
      problems: unseen > 0 ? [notSeen(unseen)] : [],
      next:
        isPart || isLast({ page, size }, { totalCount, elements }) ? [] : nextPage(cursor, PAGE, undefined),
    };
  },
  async split(server, cursor) {
    // If it fails at a page without rows, too, no row is to blame.
    if (cursor.isPart === undefined) await readPage(server, 1_000_000, 1);
    return splitPage(cursor, PAGE, "library panel");
  },

  describe: (panel) => describedIn(asText(panel.folderUid), panel),

  place: (server) => async (panel) =>
    (await readIfThere(server, v.object({ result: panelSchema }), { path: pathOf(asText(panel.uid)) }))
      ?.result,
  plain: ({ name, folderUid, model }) => ({ name, "its folder": asText(folderUid), model }),

  put: putBack(openObject({ uid: v.string() }), (restoring, panel) =>
    putInPlace(restoring, libraryPanels, panel, {
      owner: undefined,
      create: () => ({ path: PATH, json: panel }),
      async replace() {
        const { result } = await read(restoring, versionSchema, { path: pathOf(panel.uid) });
        const json: Fields = { ...panel, version: result.version };
        return [{ method: "PATCH", path: pathOf(panel.uid), json }];
      },
    }),
  ),
};

const PATH = "/api/library-elements";
const pathOf = (uid: string): string => `${PATH}/${encodeURIComponent(uid)}`;

/** A change must name the version that it changes. */
const versionSchema = v.object({ result: v.object({ version: v.number() }) });

const notSeen = (number: number): Problem => ({
  kind: "incomplete",
  reason: `Library panels that this account may not see: ${number}.`,
});

const PAGE = 100;
/** The kind number of panels among Grafana's library elements. */
const PANEL = 1;

const panelSchema = v.object({
  uid: v.string(),
  name: v.string(),
  kind: v.optional(v.unknown(), PANEL),
  folderUid: v.optional(v.string(), ""),
  model: objectSchema,
});

const pageSchema = v.object({
  result: v.object({ totalCount: v.number(), elements: v.array(v.unknown()) }),
});

async function readPage(server: Server, page: number, size = PAGE) {
  const request = { path: PATH, query: { kind: PANEL, perPage: size, page } };
  const { result } = await read(server, pageSchema, request);
  return { ...result, panels: soundRows(server, panelSchema, { rows: result.elements, request }) };
}

const isLast = (
  { page, size }: Page,
  { totalCount, elements }: { readonly totalCount: number; readonly elements: readonly unknown[] },
): boolean => elements.length < size && page * size >= totalCount;

/** All that the account may see, and how many there are by the server's own total. */
async function readAll(server: Server) {
  const panels: v.InferOutput<typeof panelSchema>[] = [];
  for (let page = 1; ; page += 1) {
    const found = await readPage(server, page);
    panels.push(...found.panels);
    if (isLast({ page, size: PAGE }, found)) return { total: found.totalCount, panels };
  }
}

/** The uids of all library panels that the account may see. */
export const readLibraryPanelUids = async (server: Server): Promise<string[]> =>
  (await readAll(server)).panels.map(({ uid }) => uid);

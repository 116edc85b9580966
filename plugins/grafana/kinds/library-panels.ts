import { openObject, type Problem, v } from "contextcore";
import { asText, type Fields, objectSchema } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { putBack, putInPlace } from "../put.ts";
import { describedIn } from "../references.ts";
import { read, readIfThere, type Server } from "../server.ts";
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
  /** Including those that this account may not see. */
  count: async (server) => (await readPage(server, 1)).totalCount,

  /**
   * One page. Permissions apply after paging, so a page that is not full need not be the last: the total says where the end is,
   * and rows missing from a page are rows that this account may not see.
   */
  async list(server, cursor) {
    const { kind, page } = v.parse(cursorSchema, cursor);
    const { totalCount, elements } = await readPage(server, page);
    const unseen = Math.min(PAGE, totalCount - (page - 1) * PAGE) - elements.length;
    return {
      items: elements.map((panel) => ({
        uid: panel.uid,
        title: panel.name,
        folderUid: panel.folderUid,
        object: panel,
      })),
      problems: unseen > 0 ? [notSeen(unseen)] : [],
      next: page * PAGE < totalCount ? [{ kind, page: page + 1 }] : [],
    };
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

const cursorSchema = v.object({ kind: v.string(), page: v.optional(v.number(), 1) });

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
  result: v.object({ totalCount: v.number(), elements: v.array(panelSchema) }),
});

async function readPage(server: Server, page: number) {
  const query = { kind: PANEL, perPage: PAGE, page };
  return (await read(server, pageSchema, { path: PATH, query })).result;
}

/** The uids of all library panels that the account may see. */
export async function readLibraryPanelUids(server: Server): Promise<string[]> {
  const uids: string[] = [];
  for (let page = 1; ; page += 1) {
    const { totalCount, elements } = await readPage(server, page);
    uids.push(...elements.map(({ uid }) => uid));
    if (page * PAGE >= totalCount) return uids;
  }
}

import { type HttpClient, type Problem, v } from "contextcore";
import { toFileText } from "./exact-json.ts";
import { directoryOf, filePaths, readFolderPaths } from "./paths.ts";
import { objectSchema, read } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

const PAGE = 100;
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

const readPage = async (http: HttpClient, page: number, signal: AbortSignal) => {
  const query = { kind: PANEL, perPage: PAGE, page };
  return (await read(http, pageSchema, { path: "/api/library-elements", query, signal })).result;
};

/** How many there are, whether or not this account may see them. */
export const countLibraryPanels = async (http: HttpClient, signal: AbortSignal): Promise<number> =>
  (await readPage(http, 1, signal)).totalCount;

/** The uids of all library panels that the account may see. */
export async function readLibraryPanelUids(http: HttpClient, signal: AbortSignal): Promise<string[]> {
  const uids: string[] = [];
  for (let page = 1; ; page += 1) {
    const { totalCount, elements } = await readPage(http, page, signal);
    uids.push(...elements.map(({ uid }) => uid));
    if (page * PAGE >= totalCount) return uids;
  }
}

/**
 * One page. Permissions are applied after paging: a page that is not full need not be the last one, so the total says
 * where the end is, and rows that a page lacks are rows that this account may not see.
 */
export const exportLibraryPanels: ReadStep = stepOf({ page: v.number() }, ({ http }, { page }, signal) =>
  tolerant("library panels", async () => {
    const { totalCount, elements } = await readPage(http, page, signal);
    const expected = Math.min(PAGE, totalCount - (page - 1) * PAGE);
    const directories = await readFolderPaths(http, signal);
    const paths = filePaths(
      "library-panels",
      elements.map(({ uid, name, folderUid }) => ({
        uid,
        title: name,
        directory: directoryOf(directories, folderUid),
      })),
    );
    return {
      objects: elements.map((panel) => ({
        path: paths.get(panel.uid) ?? "",
        text: toFileText(panel),
        unit: "library-panels",
      })),
      problems: elements.length < expected ? [unseen(expected - elements.length)] : [],
      next: page * PAGE < totalCount ? [{ kind: "library-panels", page: page + 1 }] : [],
    };
  }),
);

const unseen = (number: number): Problem => ({
  kind: "incomplete",
  reason: `Library panels that this account may not see: ${number}.`,
});

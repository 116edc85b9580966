import {
  type Cursor,
  type Exporter,
  type ExportRequest,
  given,
  isKind,
  isOfThisCall,
  openObject,
  PluginError,
  type Problem,
  type Step,
  v,
} from "contextcore";
import { toFileText } from "./json.ts";
import type { Content, Item, Kind, Listing, ObjectKind, Reading } from "./kind.ts";
import { CHOSEN, KIND_NAMES, KINDS } from "./kinds/index.ts";
import { directoryOf, type FolderPaths, filePaths, readFolderPaths } from "./paths.ts";
import { parseDashboardSelector } from "./selector.ts";
import { isDots, read, type Server, type ServerFor, type World } from "./server.ts";

/** Lists fan out to one cursor per object. Only lines are limited to the range; every object is exported as it is. */
export const createExporter = (at: ServerFor): Exporter => ({
  heeds: ["match"],
  checkMatch: async (match) => void parseDashboardSelector(match, KIND_NAMES),
  async start(request, signal) {
    if (request.match !== undefined) parseDashboardSelector(request.match, KIND_NAMES);
    const server = at(signal);
    // Wrong credentials fail here, once.
    await read(server, openObject({ id: v.number() }), { path: "/api/org" });
    const world = await server.world();
    return { cursors: firstCursors(request), notes: notes(world), problems: ALWAYS };
  },
  async step(cursor, signal) {
    const { kind: name, match } = v.parse(cursorSchema, cursor);
    const selector = match === undefined ? undefined : parseDashboardSelector(match, KIND_NAMES);
    const run = STEPS.get(name);
    if (run === undefined) throw new RangeError(`not a cursor of grafana's: ${JSON.stringify(cursor)}`);
    return run({ ...at(signal), selector }, cursor);
  },
  // Every object already has its own cursor; one that cannot be read is named.
  split: async (cursor) => ({
    items: [LABELS.get(v.parse(cursorSchema, cursor).kind)?.(cursor) ?? "objects"],
  }),
});

const cursorSchema = openObject({ kind: v.string(), match: v.optional(v.string()) });

const listName = (kind: Kind): string =>
  "file" in kind ? kind.unit : kind.folder.slice(kind.folder.lastIndexOf("/") + 1);

const firstCursors = ({ match, range }: ExportRequest): Cursor[] =>
  (match === undefined ? KINDS : CHOSEN).map((kind) => {
    if ("file" in kind) return kind.start(range);
    return { kind: listName(kind), ...given({ match }) };
  });

const notes = (world: World): Record<string, string> =>
  Object.fromEntries(KINDS.flatMap((kind) => (kind.note ? [[kind.unit, kind.note(world)]] : [])));

type Run = (reading: Reading, cursor: Cursor) => Promise<Step>;

type Label = (cursor: Cursor) => string;

/** What to call a cursor, by its `kind`. */
const LABELS: ReadonlyMap<string, Label> = new Map(
  KINDS.flatMap((kind): [string, Label][] => {
    const list: [string, Label] = [listName(kind), () => `the list of ${kind.plural}`];
    if ("file" in kind || kind.one === undefined) return [list];
    const { one, plural } = kind;
    return [list, [one.cursor, (cursor) => `${plural}: ${one.label(cursor)}`]];
  }),
);

/** How to run a cursor, by its `kind`. */
const STEPS: ReadonlyMap<string, Run> = new Map(KINDS.flatMap(stepsOf));

function stepsOf(kind: Kind): [string, Run][] {
  const { plural } = kind;
  const list: Run = (reading, cursor) => tolerant(plural, () => listStep(kind, reading, cursor));
  if ("file" in kind || kind.one === undefined) return [[listName(kind), list]];
  const { one } = kind;
  const read: Run = (reading, cursor) =>
    tolerant(plural, async () => fileStep(kind.unit, cursor, await one.read(reading, cursor)), {
      label: one.label(cursor),
      isDotted: Object.values(cursor).some(isDots),
    });
  return [
    [listName(kind), list],
    [one.cursor, read],
  ];
}

async function listStep(kind: Kind, reading: Reading, cursor: Cursor): Promise<Step> {
  if ("file" in kind) return kind.read(reading, cursor);
  const { items, problems = [], next = [] } = await kind.list(reading, cursor);
  const { items: inFolders, problems: unplaced } = await placed(items, reading);
  const paths = filePaths(kind.folder, inFolders);
  const pathOf = ({ uid }: Item): string => paths.get(uid) ?? "";
  return {
    objects: items.flatMap((item) =>
      "object" in item ? [{ path: pathOf(item), text: toFileText(item.object), unit: kind.unit }] : [],
    ),
    problems: [...problems, ...unplaced],
    next: [...items.flatMap((item) => cursorFor(kind, item, pathOf(item))), ...next],
  };
}

function fileStep(unit: string, cursor: Cursor, { text, problems, beside }: Content): Step {
  const { path } = v.parse(openObject({ path: v.string() }), cursor);
  const object = { path, text, unit };
  if (beside === undefined) return { objects: [object], problems };
  const { extension, ...other } = beside;
  return { objects: [object, { path: path.replace(/\.json$/, extension), ...other }], problems };
}

const cursorFor = ({ one }: ObjectKind, item: Item, path: string): Cursor[] =>
  one !== undefined && "cursor" in item ? [{ kind: one.cursor, ...item.cursor, path }] : [];

/** The items with the directories of the folders that they lie in; of folders that cannot be listed, only the innermost. */
async function placed(
  items: Listing["items"],
  server: Server,
): Promise<Required<Pick<Listing, "items" | "problems">>> {
  if (!items.some(({ folderUid = "" }) => folderUid !== "")) return { items, problems: [] };
  const problems: Problem[] = [];
  const paths = await readFolderPaths(server).catch((error: unknown): FolderPaths => {
    if (!isOfThisCall(error)) throw error;
    problems.push({ kind: "normalised", reason: `${UNPLACED} ${error.message}` });
    return new Map();
  });
  const placedItems = items.map((item) => {
    const { folderUid = "", folderTitle, directory } = item;
    return { ...item, directory: directory ?? directoryOf(paths, folderUid, folderTitle) };
  });
  return { items: placedItems, problems };
}

const UNPLACED =
  "The folders could not be listed, so files lie only in the directory of the innermost; a restore goes by what they hold:";

/** One object that a step is about. */
interface One {
  readonly label: string;
  /** Part of its name is `.` or `..`, which a proxy may resolve as a path step. */
  readonly isDotted: boolean;
}

/**
 * Turns "forbidden" (403) and "not found" (404) into problems, so that a kind of object which this account or this Grafana
 * lacks does not end the export. Wrong credentials (401) and everything else remain errors.
 * @param item the object, when it is about one
 */
async function tolerant(plural: string, run: () => Promise<Step>, item?: One): Promise<Step> {
  try {
    return await run();
  } catch (error) {
    const problem = error instanceof PluginError ? problemOf(error, plural, item) : undefined;
    if (problem === undefined) throw error;
    return { problems: [problem] };
  }
}

function problemOf(error: PluginError, plural: string, item: One | undefined): Problem | undefined {
  const items = given({ items: item && [item.label] });
  if (item?.isDotted && isKind(error, "not-found", "invalid"))
    return { kind: "incomplete", reason: notReached(plural), ...items };
  if (error.status === 403) {
    const reason = `Grafana does not let this account read ${plural}; the role Admin would let it.`;
    return { kind: "failed", reason, ...items };
  }
  if (error.status !== 404) return undefined;
  const reason =
    item === undefined
      ? `This Grafana has no ${plural}: that part of it is switched off or newer than this server.`
      : "Deleted while the export ran.";
  return { kind: "not-contained", reason, ...items };
}

const notReached = (plural: string): string =>
  `Among the ${plural}: in a URL the name . or .. does not reach this Grafana (a proxy before it takes it for a step in the path).`;

const ALWAYS: readonly Problem[] = [
  {
    kind: "not-contained",
    reason:
      "Users, teams, service accounts and their tokens, permissions, preferences, public dashboards, dashboard snapshots and the history of dashboards are not exported. A complete backup of them is Grafana's database with its secret_key.",
  },
  {
    kind: "normalised",
    reason:
      "Numeric ids, version numbers, and when and by whom an object was saved are left out: Grafana sets them itself when an object is put back.",
  },
];

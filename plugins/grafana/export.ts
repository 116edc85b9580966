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
  type Split,
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
  async split(cursor, signal) {
    const { kind: name, match } = v.parse(cursorSchema, cursor);
    const selector = match === undefined ? undefined : parseDashboardSelector(match, KIND_NAMES);
    const items = [LABELS.get(name)?.(cursor) ?? "objects"];
    return { items, ...(await partsOf(name, { ...at(signal), selector }, cursor)) };
  },
});

/** The parts of a list. Every object already has its own cursor; one that cannot be read is named. */
async function partsOf(name: string, reading: Reading, cursor: Cursor): Promise<Split> {
  const single = KINDS.find((one) => !("file" in one) && one.one?.cursor === name);
  if (single !== undefined) return ("one" in single ? single.one?.split?.(cursor) : undefined) ?? {};
  const kind = KINDS.find((one) => listName(one) === name);
  return kind === undefined ? {} : partsOfList(kind, reading, cursor);
}

/** The parts of a list; none where it cannot be divided, or Grafana fails at its other lists, too. */
export async function partsOfList(kind: Kind, reading: Reading, cursor: Cursor): Promise<Split> {
  try {
    return (await kind.split?.(reading, cursor)) ?? {};
  } catch (error) {
    if (!isOfThisCall(error)) throw error;
    return {};
  }
}

const cursorSchema = openObject({ kind: v.string(), match: v.optional(v.string()) });

const listName = (kind: Kind): string =>
  "file" in kind ? kind.unit : kind.folder.slice(kind.folder.lastIndexOf("/") + 1);

const firstCursors = ({ match, range }: ExportRequest): Cursor[] =>
  (match === undefined ? KINDS : CHOSEN).map((kind) =>
    "file" in kind ? kind.start(range) : firstCursor(kind, match),
  );

/** The cursor that lists all objects of a kind. */
export const firstCursor = (kind: ObjectKind, match: string | undefined): Cursor => ({
  kind: listName(kind),
  ...given({ match }),
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
  const list: Run = (server, cursor) =>
    tolerant(plural, () => sparing(plural, server, (reading) => listStep(kind, reading, cursor)));
  if ("file" in kind || kind.one === undefined) return [[listName(kind), list]];
  const { one } = kind;
  const read: Run = (server, cursor) =>
    tolerant(
      plural,
      () =>
        sparing(plural, server, async (reading) =>
          fileStep(kind.unit, cursor, await one.read(reading, cursor)),
        ),
      {
        label: one.label(cursor),
        isDotted: Object.values(cursor).some(isDots),
      },
    );
  return [
    [listName(kind), list],
    [one.cursor, read],
  ];
}

/** Runs a step; objects of a list that are not of the right shape are named, and cost nothing else. */
async function sparing(
  plural: string,
  server: Reading,
  run: (reading: Reading) => Promise<Step>,
): Promise<Step> {
  const spoilt: string[] = [];
  const step = await run({ ...server, spoilt: (name) => void spoilt.push(name) });
  if (spoilt.length === 0) return step;
  const problem: Problem = { kind: "incomplete", reason: misshapen(plural), items: spoilt };
  return { ...step, problems: [...(step.problems ?? []), problem] };
}

const listStep = (kind: Kind, reading: Reading, cursor: Cursor): Promise<Step> =>
  "file" in kind ? kind.read(reading, cursor) : objectsStep(kind, reading, cursor);

const misshapen = (plural: string): string =>
  `Among the ${plural} that Grafana lists these are not of the shape that such have, so they were not saved.`;

async function objectsStep(kind: ObjectKind, reading: Reading, cursor: Cursor): Promise<Step> {
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
  const own = text === undefined ? [] : [{ path, text, unit }];
  if (beside === undefined) return { objects: own, problems };
  const { extension, ...other } = beside;
  return { objects: [...own, { path: path.replace(/\.json$/, extension), ...other }], problems };
}

const cursorFor = ({ one }: ObjectKind, item: Item, path: string): Cursor[] =>
  one !== undefined && "cursor" in item ? [{ kind: one.cursor, ...item.cursor, path }] : [];

/** The items with the directories of the folders that they lie in; of folders that cannot be listed, only the innermost. */
async function placed(
  items: Listing["items"],
  server: Server,
): Promise<Required<Pick<Listing, "items" | "problems">>> {
  if (!items.some(({ folderUid = "" }) => folderUid !== "")) return { items, problems: [] };
  const { paths, problems } = await knownPaths(server);
  const placedItems = items.map((item) => {
    const { folderUid = "", folderTitle, directory } = item;
    return { ...item, directory: directory ?? directoryOf(paths, folderUid, folderTitle) };
  });
  return { items: placedItems, problems };
}

async function knownPaths(
  server: Server,
): Promise<{ readonly paths: FolderPaths; readonly problems: Problem[] }> {
  try {
    const { paths, unread } = await readFolderPaths(server);
    return { paths, problems: unread === 0 ? [] : [unplaced(`Grafana fails at ${unread} of them`)] };
  } catch (error) {
    if (!isOfThisCall(error)) throw error;
    return { paths: new Map(), problems: [unplaced(error.message)] };
  }
}

const unplaced = (why: string): Problem => ({
  kind: "normalised",
  reason: `Not all folders could be listed, so files may lie only in the directory of the innermost; a restore goes by what they hold: ${why}`,
});

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
      "Users, teams, service accounts and their tokens, permissions, preferences, public dashboards, dashboard snapshots, the history of dashboards, and the notification channels of alerting before Grafana 9 are not exported. A complete backup of them is Grafana's database with its secret_key.",
  },
  {
    kind: "normalised",
    reason:
      "Numeric ids, version numbers, and when and by whom an object was saved are left out: Grafana sets them itself when an object is put back.",
  },
];

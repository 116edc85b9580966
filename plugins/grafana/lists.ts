/** Reads lists page by page to their end: Grafana's search, and the resources under `/apis`. */
import { type Cursor, isOfThisCall, PluginError, type Problem, type Split, v } from "contextcore";
import { objectSchema } from "./json.ts";
import type { Reading } from "./kind.ts";
import { nextPage, type Page, pageOf, partsOfPage, splitPage } from "./pages.ts";
import { folderNames, isSelected, type Selector } from "./selector.ts";
import { looking, read, type Server, soundRows } from "./server.ts";

const hitSchema = v.object({
  id: v.optional(v.number()),
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

/** A page that no list has. */
const FAR = 1_000_000;

/** A page of what the search finds. */
interface Found {
  readonly hits: readonly Hit[];
  /** There may be more. */
  readonly isFull: boolean;
}

/** One page, from 1. */
async function searchPage(server: Server, { type, tag = [] }: Search, { page, size }: Page): Promise<Found> {
  const request = { path: "/api/search", query: { type, limit: size, page, tag } };
  const rows = await read(server, v.array(v.unknown()), request);
  if (rows.length > size) throw sameAgain(request.path);
  return { hits: soundRows(server, hitSchema, { rows, request }), isFull: rows.length === size };
}

/**
 * Everything that the search finds, by uid. Reads pages until one is not full. A list that changes meanwhile can show a row
 * twice; it counts once.
 */
export async function searchAll(server: Server, search: Search): Promise<Hit[]> {
  const found = new Map<string, Hit>();
  for (let page = 1; ; page += 1) {
    const { hits, isFull } = await searchPage(server, search, { page, size: PAGE });
    const before = found.size;
    for (const row of hits) found.set(row.uid, row);
    if (!isFull) return [...found.values()];
    if (found.size === before) throw sameAgain("/api/search");
  }
}

/** What a search finds, and how many rows it fails at. */
interface Readable {
  readonly hits: readonly Hit[];
  readonly unread: number;
}

/**
 * As {@link searchAll}, but for rows that Grafana fails at: pages are divided down to those.
 * @throws its error where it fails at a page without rows, too
 */
export async function searchReadable(server: Server, search: Search): Promise<Readable> {
  const found = new Map<string, Hit>();
  let unread = 0;
  /** Returns whether there may be more after it. */
  const take = async (page: Page): Promise<boolean> => {
    try {
      const { hits, isFull } = await searchPage(server, search, page);
      for (const hit of hits) found.set(hit.uid, hit);
      return isFull;
    } catch (error) {
      if (!isOfThisCall(error)) throw error;
      return takeParts(page);
    }
  };
  const takeParts = async (page: Page): Promise<boolean> => {
    if (page.size === PAGE) await searchPage(server, search, { page: FAR, size: 1 });
    const parts = partsOfPage(page);
    if (parts.length === 0) unread += 1;
    for (const part of parts) if (!(await take(part))) return false;
    return true;
  };
  for (let page = 1; ; page += 1) {
    const before = found.size + unread;
    if (!(await take({ page, size: PAGE }))) return { hits: [...found.values()], unread };
    if (found.size + unread === before) throw sameAgain("/api/search");
  }
}

/** What a step that lists by search gives. */
interface SearchStep {
  readonly hits: readonly Hit[];
  readonly next: readonly Cursor[];
}

/** The page that a cursor names, and the cursor of the next one. */
export async function searchStep(server: Server, search: Search, cursor: Cursor): Promise<SearchStep> {
  const { page, size, before } = pageOf(cursor, PAGE);
  const { hits, isFull } = await searchPage(server, search, { page, size });
  const first = hits[0]?.uid;
  if (before !== undefined && before === first) throw sameAgain("/api/search");
  return { hits, next: isFull ? nextPage(cursor, PAGE, first) : [] };
}

interface SearchSplit extends Search {
  /** One that it finds: `dashboard`. */
  readonly name: string;
}

/** Divides a search into pages, and those further; not where it fails at a page without rows, too. */
export async function splitSearch(server: Server, cursor: Cursor, split: SearchSplit): Promise<Split> {
  if (cursor.page !== undefined) return splitPage(cursor, PAGE, split.name);
  await searchPage(server, split, { page: FAR, size: 1 });
  return {
    cursors: [
      { ...cursor, page: 1, isPart: true },
      { ...cursor, page: 2 },
    ],
  };
}

/** The dashboards that the selector matches; all without one. */
export async function findDashboards(reading: Reading): Promise<Hit[]> {
  const { isChosen } = await choice(reading, searchWhole);
  return (await searchAll(reading, dashboardSearch(reading))).filter(isChosen);
}

/** The same without those that Grafana fails at. */
export async function findReadableDashboards(reading: Reading): Promise<Hit[]> {
  const { isChosen } = await choice(reading, searchReadable);
  return (await searchReadable(reading, dashboardSearch(reading))).hits.filter(isChosen);
}

/** Those of the page that a cursor names, if it names one. */
export async function findSomeDashboards(
  reading: Reading,
  cursor: Cursor,
): Promise<SearchStep & { readonly problems: readonly Problem[] }> {
  const isWhole = cursor.page === undefined;
  const { isChosen, isUnsure } = await choice(reading, isWhole ? searchWhole : searchReadable);
  const search = dashboardSearch(reading);
  const { hits, next } = isWhole
    ? { hits: await searchAll(reading, search), next: [] }
    : await searchStep(reading, search, cursor);
  const unsure = hits.filter(isUnsure);
  return { hits: hits.filter(isChosen), next, problems: unsure.length === 0 ? [] : [uncompared(unsure)] };
}

const uncompared = (dashboards: readonly Hit[]): Problem => ({
  kind: "incomplete",
  reason:
    "Grafana does not list all folders that these dashboards lie in, so it is not known whether the selector matches them: they were not saved.",
  items: dashboards.map(({ title, uid }) => `${title} (${uid})`),
});

/** The server compares tags exactly, but its word search depends on the version, so titles are compared here. */
function dashboardSearch({ selector = [] }: Reading): Search {
  const tag = selector.flatMap(({ name, negated, equals }) =>
    name === "tag" && !negated && equals !== undefined ? [equals] : [],
  );
  return { type: "dash-db", tag };
}

interface Choice {
  /** Whether the selector matches a dashboard. */
  isChosen(hit: Hit): boolean;
  /** Whether it may match one that is not chosen: not all folders above it are known. */
  isUnsure(hit: Hit): boolean;
}

async function choice(reading: Reading, search: typeof searchReadable): Promise<Choice> {
  const { selector } = reading;
  if (selector === undefined) return { isChosen: () => true, isUnsure: () => false };
  const others = selector.filter(({ name }) => name !== "folder");
  const isByFolder = others.length < selector.length;
  const { hits } = isByFolder ? await search(looking(reading), { type: "dash-folder" }) : NONE;
  const folders = hits.map(({ uid, title, folderUid }) => ({ uid, title, parentUid: folderUid }));
  const known = new Map(folders.map((folder) => [folder.uid, folder]));
  const foldersOf = folderNames(folders);
  /** Of a folder that is not listed the dashboard itself has the title. */
  const foldersAbove = ({ folderUid: uid, folderTitle: title }: Hit): readonly string[] =>
    known.has(uid) ? foldersOf(uid) : folderNames([{ uid, title, parentUid: "" }])(uid);
  const fits = (hit: Hit, conditions: Selector): boolean =>
    isSelected(
      {
        kind: "dashboard",
        uids: [hit.uid],
        titles: [hit.title],
        tags: hit.tags ?? [],
        folders: foldersAbove(hit),
      },
      conditions,
    );
  const isChosen = (hit: Hit): boolean => fits(hit, selector);
  return {
    isChosen,
    isUnsure: (hit) =>
      isByFolder && !isChosen(hit) && !reachesRoot(known, hit.folderUid) && fits(hit, others),
  };
}

/** Whether all folders from this one upwards are known. */
function reachesRoot(known: ReadonlyMap<string, { readonly parentUid: string }>, start: string): boolean {
  const seen = new Set<string>();
  for (let uid = start; uid !== ""; uid = known.get(uid)?.parentUid ?? "") {
    if (!known.has(uid) || seen.has(uid)) return false;
    seen.add(uid);
  }
  return true;
}

const NONE: Readable = { hits: [], unread: 0 };

const searchWhole: typeof searchReadable = async (server, search) => ({
  hits: await searchAll(server, search),
  unread: 0,
});

const metadataSchema = v.object({ name: v.string(), annotations: v.optional(objectSchema, {}) });

/** One resource under `/apis`. */
export const resourceSchema = v.object({ metadata: metadataSchema, spec: objectSchema });

const resourcesSchema = v.object({
  metadata: v.object({ continue: v.optional(v.string()) }),
  items: v.array(v.unknown()),
});
type Resources = v.InferOutput<typeof resourceSchema>[];

/** Every resource of a list under `/apis`, until there is no continue token. */
export async function listResources(server: Server, path: string): Promise<Resources> {
  const all: Resources = [];
  let token: string | undefined;
  do {
    const query = { limit: PAGE, continue: token };
    const request = { path, query };
    const { metadata, items: rows } = await read(server, resourcesSchema, request);
    all.push(...soundRows(server, resourceSchema, { rows, request }));
    if (metadata.continue && metadata.continue === token) throw sameAgain(path);
    token = metadata.continue;
  } while (token);
  return all;
}

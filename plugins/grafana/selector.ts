/**
 * The selector `--match`, for export and restore alike: conditions `name=value` with the operators of LogQL and PromQL (`=`,
 * `!=`, `=~`, `!~`; `:` means `=`, as in Grafana's own search), and words that the title contains.
 */
import { PluginError } from "contextcore";

/** The values that conditions are compared with. */
export interface Thing {
  readonly kind: string;
  readonly uids: readonly string[];
  readonly titles: readonly string[];
  /** Every folder that contains it, at any depth: uids, titles, and titles joined by `/`. */
  readonly folders: readonly string[];
  readonly tags: readonly string[];
}

const NAMES = ["kind", "title", "uid", "folder", "tag"] as const;
type Name = (typeof NAMES)[number];

interface Condition {
  /** `words`: what the title contains. */
  readonly name: Name | "words";
  readonly negated: boolean;
  /** The value as written, for an equality. */
  readonly equals?: string;
  readonly fits: (value: string) => boolean;
}

/** What `--match` asks for: objects that meet all of the conditions. */
export type Selector = readonly Condition[];

const CONDITION =
  /\s*([A-Za-z][\w-]*)\s*(=~|!~|!=|=(?!~)|:)\s*("(?:[^"\\]|\\.)*"|`[^`]*`|[^\s,"`]+)\s*(?:,|(?=\s|$))/y;
const WORD = /\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*,?/y;

/**
 * Parses a selector.
 * @param kinds the names of the existing kinds
 * @throws PluginError `invalid` saying what is not understood
 */
export function parseSelector(source: string, kinds: readonly string[]): Selector {
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(source)?.[1] ?? source;
  const conditions: Condition[] = [];
  for (let position = 0; inner.slice(position).trim() !== ""; ) {
    const [pattern, read] = matchesAt(CONDITION, inner, position) ? [CONDITION, named] : [WORD, word];
    pattern.lastIndex = position;
    const found = pattern.exec(inner);
    if (found === null) throw notUnderstood(source);
    conditions.push(read(source, found));
    position = pattern.lastIndex;
  }
  if (conditions.length === 0) throw notUnderstood(source);
  const unknown = conditions.find(
    ({ name, equals, fits }) => name === "kind" && equals !== undefined && !kinds.some(fits),
  );
  if (unknown === undefined) return conditions;
  const there = `there is no kind ${JSON.stringify(unknown.equals)}, but ${kinds.join(", ")}`;
  throw notUnderstood(source, `: ${there}`);
}

/**
 * Parses a selector for an export, which chooses dashboards.
 * @throws PluginError `invalid` when it is not understood, or can match no dashboard
 */
export function parseDashboardSelector(source: string, kinds: readonly string[]): Selector {
  const selector = parseSelector(source, kinds);
  const named = selector.filter(({ name, negated }) => name === "kind" && !negated);
  if (named.length === 0 || named.some(({ fits }) => fits("dashboard"))) return selector;
  throw new PluginError("invalid", `grafana: the selector ${JSON.stringify(source)} can find no dashboard`, {
    hint: "In an export a selector chooses dashboards, with the folders above them. A restore can choose any kind.",
  });
}

function matchesAt(pattern: RegExp, text: string, position: number): boolean {
  pattern.lastIndex = position;
  return pattern.test(text);
}

const notUnderstood = (source: string, why = ""): PluginError =>
  new PluginError("invalid", `grafana: the selector ${JSON.stringify(source)} is not understood${why}`, {
    hint: `Conditions on ${NAMES.join(", ")} and words of the title: kind=dashboard folder="My team" tag=prod. A word with = or : in it goes in quotes.`,
  });

function word(source: string, [, text = ""]: RegExpExecArray): Condition {
  if (/^[A-Za-z][\w-]*(=~|!~|!=|=|:)$/.test(text)) throw notUnderstood(source, `: ${text} has no value`);
  const wanted = unquoted(source, text).toLowerCase();
  return { name: "words", negated: false, fits: (title) => title.toLowerCase().includes(wanted) };
}

function named(source: string, [, written = "", operator = "", text = ""]: RegExpExecArray): Condition {
  const name = NAMES.find((one) => one === written.toLowerCase());
  if (name === undefined) throw notUnderstood(source, `: there is no condition ${JSON.stringify(written)}`);
  const value = unquoted(source, text);
  const negated = operator.startsWith("!");
  if (operator.endsWith("~")) return { name, negated, fits: pattern(source, value) };
  return { name, negated, equals: value, fits: equality(name, value) };
}

/** Titles are compared without regard to case; uids and tags exactly. */
function equality(name: Name, wanted: string): (value: string) => boolean {
  if (name === "kind") return (kind) => plain(kind) === plain(wanted);
  if (name !== "title" && name !== "folder") return (value) => value === wanted;
  return (value) => value.toLowerCase() === wanted.toLowerCase();
}

/** A kind may be written in the plural and without hyphens. */
const plain = (kind: string): string =>
  kind.toLowerCase().replaceAll("-", "").replace(/ies$/, "y").replace(/s$/, "");

function pattern(source: string, value: string): (text: string) => boolean {
  try {
    const expression = new RegExp(`^(?:${value})$`, "s");
    return (text) => expression.test(text);
  } catch {
    throw notUnderstood(source, `: ${JSON.stringify(value)} is not a regular expression`);
  }
}

function unquoted(source: string, text: string): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    throw notUnderstood(source);
  }
}

const VALUES: Readonly<Record<Condition["name"], (thing: Thing) => readonly string[]>> = {
  kind: ({ kind }) => [kind],
  title: ({ titles }) => titles,
  words: ({ titles }) => titles,
  uid: ({ uids }) => uids,
  folder: ({ folders }) => folders,
  tag: ({ tags }) => tags,
};

/**
 * An object has many tags and words, so all the named ones must match; it has only one of anything else, so several are
 * alternatives.
 */
const ALL_MUST_FIT: readonly Condition["name"][] = ["tag", "words"];

/** Whether an object is chosen: no exclusion matches it, and a condition of each requested name does. */
export function isSelected(thing: Thing, selector: Selector): boolean {
  const fits = ({ name, fits: accepts }: Condition): boolean => VALUES[name](thing).some(accepts);
  if (selector.some((one) => one.negated && fits(one))) return false;
  const wanted = Map.groupBy(
    selector.filter(({ negated }) => !negated),
    ({ name }) => name,
  );
  return [...wanted].every(([name, conditions]) =>
    ALL_MUST_FIT.includes(name) ? conditions.every(fits) : conditions.some(fits),
  );
}

interface NamedFolder {
  readonly uid: string;
  readonly title: string;
  /** Empty at the root. */
  readonly parentUid: string;
}

/** Grafana's own name for the root. */
const ROOT = "general";

/** The uids and titles from a folder up to the root, and the titles joined by `/`; for the root, its own name. */
export function folderNames(folders: readonly NamedFolder[]): (uid: string) => readonly string[] {
  const byUid = new Map(folders.map((folder) => [folder.uid, folder]));
  return (uid) => {
    if (uid === "") return [ROOT];
    const names = new Set<string>();
    for (const one of chainOf(byUid, uid)) {
      const titles = chainOf(byUid, one).flatMap((above) => byUid.get(above)?.title ?? []);
      for (const name of [one, ...titles.slice(0, 1), titles.toReversed().join("/")]) names.add(name);
    }
    names.delete("");
    return [...names];
  };
}

/** The folder and its ancestors, upwards. A cycle, which only a damaged file can contain, is walked once. */
function chainOf(byUid: ReadonlyMap<string, NamedFolder>, start: string): string[] {
  const seen = new Set<string>();
  for (let uid = start; uid !== "" && !seen.has(uid); uid = byUid.get(uid)?.parentUid ?? "") seen.add(uid);
  return [...seen];
}

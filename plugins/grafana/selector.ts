/**
 * The selector `--match`, the same for an export and a restore: conditions `name=value` with the operators of LogQL and
 * PromQL (`=`, `!=`, `=~`, `!~`; `:` is `=`, as in Grafana's own search), and words that the title contains.
 */
import { PluginError } from "contextcore";

/** The kinds of things that a snapshot of Grafana holds. */
export const KIND_NAMES = [
  "folder",
  "datasource",
  "library-panel",
  "dashboard",
  "template",
  "mute-timing",
  "contact-point",
  "policy",
  "rule",
  "playlist",
  "annotation",
] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** What conditions are compared with. */
export interface Thing {
  readonly kind: KindName;
  readonly uids: readonly string[];
  readonly titles: readonly string[];
  /** Every folder it lies in, at any depth: uids, titles, and titles joined by `/`. */
  readonly folders: readonly string[];
  readonly tags: readonly string[];
}

const NAMES = ["kind", "title", "uid", "folder", "tag"] as const;
type Name = (typeof NAMES)[number];

export interface Condition {
  /** `words`: what the title contains. */
  readonly name: Name | "words";
  readonly negated: boolean;
  /** The value as it was written, when it is to be equal. */
  readonly equals?: string;
  readonly fits: (value: string) => boolean;
}

const CONDITION =
  /\s*([A-Za-z][\w-]*)\s*(=~|!~|!=|=|:)\s*("(?:[^"\\]|\\.)*"|`[^`]*`|[^\s,"`]+)\s*(?:,|(?=\s|$))/y;
const WORD = /\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*,?/y;

/** @throws PluginError `invalid` saying what is not understood */
export function parseSelector(source: string): readonly Condition[] {
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
  return conditions;
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
  const wanted = unquoted(source, text).toLowerCase();
  return { name: "words", negated: false, fits: (title) => title.toLowerCase().includes(wanted) };
}

function named(source: string, [, written = "", operator = "", text = ""]: RegExpExecArray): Condition {
  const name = NAMES.find((one) => one === written.toLowerCase());
  if (name === undefined) throw notUnderstood(source, `: there is no condition ${JSON.stringify(written)}`);
  const value = unquoted(source, text);
  const negated = operator.startsWith("!");
  if (operator.endsWith("~")) return { name, negated, fits: pattern(source, value) };
  const equals = name === "kind" ? kindNamed(source, value) : value;
  return { name, negated, equals, fits: equality(name, equals) };
}

/** Titles are for people, who do not mind upper and lower case; uids and tags are as they are. */
function equality(name: Name, wanted: string): (value: string) => boolean {
  if (name !== "title" && name !== "folder") return (value) => value === wanted;
  return (value) => value.toLowerCase() === wanted.toLowerCase();
}

function kindNamed(source: string, value: string): KindName {
  const plain = (text: string): string =>
    text.toLowerCase().replaceAll("-", "").replace(/ies$/, "y").replace(/s$/, "");
  const kind = KIND_NAMES.find((one) => plain(one) === plain(value));
  if (kind !== undefined) return kind;
  throw notUnderstood(source, `: there is no kind ${JSON.stringify(value)}, but ${KIND_NAMES.join(", ")}`);
}

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

/** A thing has many tags and words, so each one that is named must fit; of the rest it has one, so several are alternatives. */
const ALL_MUST_FIT: readonly Condition["name"][] = ["tag", "words"];

/** Whether a thing is chosen: nothing that is excluded fits it, and of each name that is asked for something does. */
export function isSelected(thing: Thing, selector: readonly Condition[]): boolean {
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

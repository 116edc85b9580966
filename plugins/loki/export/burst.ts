/**
 * Handles more entries in one nanosecond than the server returns in one answer: they are separated by labels, then by prefixes
 * of their lines or metadata. Each split is a filter and its complement, so nothing is read twice or left out.
 */
import type { Cursor, Problem } from "contextcore";
import type { Api } from "../server/api.ts";
import type { PageStream } from "../server/entries.ts";
import { type Page, shownName, type Value, valuesOf } from "../server/page.ts";
import { escapeRegex, quote } from "../server/selector.ts";
import { cursorOfRead, type ReadCursor } from "./cursor.ts";
import { loadsOf, partition } from "./partition.ts";

interface Split {
  /** Empty: it cannot be split further. */
  readonly next: readonly Cursor[];
  readonly problems: readonly Problem[];
}

/** Maximum length of a query's filters, in characters; Loki reads at most 131,072 of a query. */
const FILTERS_MAX = 20_000;

/**
 * Cursors for the parts of one nanosecond that holds more than a page: by labels, otherwise by a filter and its complement.
 * @param page the full answer for it, from which the parts are chosen
 */
export async function splitNanosecond(
  api: Api,
  cursor: ReadCursor,
  page: Page,
  signal: AbortSignal,
): Promise<Split> {
  const range = { from: cursor.from, to: cursor.to };
  const parts = partition(cursor.selector, await loadsOf(api, page, range, signal), 0);
  if (parts.length > 1) {
    return { next: parts.map((selector) => cursorOfRead({ ...cursor, selector })), problems: [] };
  }
  const filter = chooseFilter(page.streams.flatMap((stream) => shownValues(page, stream)));
  if (filter === undefined || cursor.filters.length > FILTERS_MAX) {
    const reason =
      "more entries in one nanosecond than Loki gives in one answer, and nothing tells them apart";
    return { next: [], problems: [{ kind: "incomplete", reason, range }] };
  }
  const sides = [filter.matching, filter.others].map((one) => cursor.filters + one);
  return {
    next: sides.map((filters) => cursorOfRead({ ...cursor, filters })),
    problems: [{ ...ORDER, range }],
  };
}

const ORDER: Problem = {
  kind: "lossy",
  reason:
    "a nanosecond held more entries than Loki gives in one answer, so it was read in parts: the order of its entries among themselves is lost",
};

interface Filter {
  readonly matching: string;
  readonly others: string;
}

/** Filters know metadata by the names that queries show. */
const shownValues = (page: Page, stream: PageStream): Value[] =>
  valuesOf(page, stream).map(([time, line, metadata = {}]) => {
    const shown = Object.entries(metadata).map(([name, value]) => [shownName(stream.labels, name), value]);
    return [time, line, Object.fromEntries(shown)];
  });

function chooseFilter(values: readonly Value[]): Filter | undefined {
  const line = beginning(values.map(([, text]) => text));
  if (line !== undefined) {
    const pattern = quote(`^${line}`);
    return { matching: ` |~ ${pattern}`, others: ` !~ ${pattern}` };
  }
  const keys = new Set(values.flatMap(([, , metadata = {}]) => Object.keys(metadata)));
  for (const key of [...keys].filter((one) => /^[A-Za-z_]\w*$/.test(one))) {
    const value = beginning(values.map(([, , metadata = {}]) => metadata[key] ?? ""));
    const pattern = value === undefined ? "" : quote(`(?s)${value}.*`);
    if (value !== undefined) return { matching: ` | ${key}=~${pattern}`, others: ` | ${key}!~${pattern}` };
  }
  return undefined;
}

/** A longer prefix is not worth an expression. Characters. */
const PREFIX_MAX = 1_000;

/** An expression for the prefix of about half of these texts; `undefined` when all are equal, or not valid text. */
function beginning(texts: readonly string[]): string | undefined {
  let prefix = commonPrefix(texts);
  let inside = texts;
  while (prefix.length <= PREFIX_MAX && !prefix.includes("\ufffd")) {
    if (isShare(inside, texts)) return escapeRegex(prefix);
    const next = Map.groupBy(inside, (text) => characterAt(text, prefix.length));
    const branches = [...next]
      .filter(([character]) => isText(character))
      .sort(([, a], [, b]) => b.length - a.length);
    const [heaviest] = branches;
    if (heaviest === undefined) return undefined;
    const [character, members] = heaviest;
    if (members.length === inside.length || members.length > texts.length * LARGEST_SHARE) {
      prefix += character;
      inside = members;
    } else
      return `${escapeRegex(prefix)}(?:${halfOf(branches, texts.length / 2)
        .map(escapeRegex)
        .join("|")})`;
  }
  return undefined;
}

const LARGEST_SHARE = 0.75;

const isShare = (part: readonly string[], whole: readonly string[]): boolean =>
  part.length < whole.length && part.length <= whole.length * LARGEST_SHARE;

/** U+FFFD at the end of a text. */
const characterAt = (text: string, at: number): string =>
  String.fromCodePoint(text.codePointAt(at) ?? 0xfffd);

function halfOf(branches: readonly (readonly [string, readonly string[]])[], half: number): string[] {
  const chosen: string[] = [];
  let left = half;
  for (const [character, { length }] of branches) {
    if (chosen.length > 0 && length > left) continue;
    chosen.push(character);
    left -= length;
  }
  return chosen;
}

/** Excludes the end of a text and the placeholder for invalid bytes. */
const isText = (character: string): boolean => character !== "\ufffd" && character.isWellFormed();

function commonPrefix(texts: readonly string[]): string {
  const [first = ""] = texts;
  let length = first.length;
  for (const text of texts) {
    while (!text.startsWith(first.slice(0, length))) length -= 1;
  }
  // Not inside a surrogate pair.
  const last = first.charCodeAt(length - 1);
  return first.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

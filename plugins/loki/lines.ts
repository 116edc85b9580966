/** Entries as lines of `logs.json`: one Loki push request a line, one stream each, in time order. */
import type { Range, Records } from "contextcore";
import type { PageStream, Value } from "./page.ts";
import type { Labels } from "./selector.ts";
import { isBookkeeping, ownLabels, streamKey } from "./streams.ts";

export const LOGS_FILE = "logs.json";

/** A stream as it is kept: without the server's own labels, entries oldest first. */
export interface KeptStream {
  readonly labels: Labels;
  readonly values: readonly Value[];
}

/** Streams that differ only in the server's own labels become one, each one's order kept. */
export function joinStreams(streams: readonly PageStream[]): KeptStream[] {
  if (!streams.some(({ labels }) => Object.keys(labels).some(isBookkeeping))) return [...streams];
  const groups = Map.groupBy(streams, ({ labels }) => streamKey(ownLabels(labels)));
  return [...groups.values()].map((parts) => ({
    labels: ownLabels(parts[0]?.labels ?? {}),
    values:
      parts.length === 1 ? (parts[0]?.values ?? []) : parts.flatMap(({ values }) => values).sort(byTime),
  }));
}

/** Times are decimal texts of ns; sort is stable, so entries of one nanosecond keep their order. */
const byTime = ([a]: Value, [b]: Value): number => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0);

/** Compares times without making a bigint of each: the shorter text is the smaller number. */
export const isBefore = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

/** A line is about as long as this at most; a single entry that is longer is one of its own. Characters. */
const LINE_MAX = 1 << 20;

/** `undefined` when there is nothing to keep. */
export function toRecords(streams: readonly KeptStream[], window: Range): Records | undefined {
  const lines: string[] = [];
  let entries = 0;
  let [first, last] = ["", ""];
  for (const { labels, values } of streams) {
    const [from, to] = [values[0]?.[0], values.at(-1)?.[0]];
    if (from === undefined || to === undefined) continue;
    entries += values.length;
    if (first === "" || isBefore(from, first)) first = from;
    if (isBefore(last, to)) last = to;
    writeStream(lines, labels, values);
  }
  if (lines.length === 0) return undefined;
  return {
    file: LOGS_FILE,
    text: `${lines.join("\n")}\n`,
    lines: lines.length,
    from: BigInt(first),
    to: BigInt(last) + 1n,
    counts: { entries },
    window,
  };
}

function writeStream(lines: string[], labels: Labels, values: readonly Value[]): void {
  const text = `{"streams":[{"stream":${JSON.stringify(labels)},"values":${JSON.stringify(values)}}]}`;
  if (text.length <= LINE_MAX || values.length === 1) {
    lines.push(text);
    return;
  }
  const middle = values.length >> 1;
  writeStream(lines, labels, values.slice(0, middle));
  writeStream(lines, labels, values.slice(middle));
}

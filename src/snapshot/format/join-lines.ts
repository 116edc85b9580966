/** Lines of one stream, or of one series, as one line in the order of time. */

import { canonicalJson } from "../../units/canonical-json.ts";
import { parseExact } from "../../units/exact-json.ts";
import { list, type Members, members } from "./members.ts";
import { pointsOf, withPoints } from "./series-line.ts";

/** Of these a server takes what is older than the newest only to a point, or not at all. */
const JOINED_FILES: ReadonlySet<string> = new Set(["logs.json", "metrics.json"]);

/** Whether lines of this data file can be joined, and have to be. */
export const isJoined = (file: string): boolean => JOINED_FILES.has(file);

/**
 * What the lines that can be joined have in common: the labels of their one stream, or of their series.
 * @returns `undefined` for a line that is joined with none
 */
export function joinKey(file: string, text: string): string | undefined {
  const line = JSON.parse(text);
  if (file === "metrics.json") return canonicalJson([line.metric, line.labelBytes]);
  if (file !== "logs.json" || line.streams.length !== 1) return undefined;
  return canonicalJson(line.streams[0].stream);
}

/** Joins lines that have the same {@link joinKey}, each in the order of time. */
export function joinLines(file: string, texts: readonly string[]): string {
  const lines = texts.map((text) => members(parseExact(text)));
  return JSON.stringify(file === "metrics.json" ? joinSeries(lines) : joinStreams(lines));
}

function joinSeries(lines: readonly Members[]): Members {
  const all = (name: string): readonly unknown[] => lines.flatMap((line) => list(line[name]));
  const points = lines.flatMap(pointsOf).toSorted((a, b) => a.time - b.time);
  const timeOf = (histogram: unknown): number => Number(members(histogram).timestamp);
  const histograms = all("histograms").toSorted((a, b) => timeOf(a) - timeOf(b));
  return withPoints(lines[0] ?? {}, points, histograms, all("raw"));
}

function joinStreams(lines: readonly Members[]): Members {
  const streams = lines.map((line) => members(list(line.streams)[0]));
  const entries = streams.flatMap(({ values }) => list(values));
  const timed = entries.map((entry) => ({ at: BigInt(String(list(entry)[0])), entry }));
  timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { ...lines[0], streams: [{ ...streams[0], values: timed.map(({ entry }) => entry) }] };
}

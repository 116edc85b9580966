/** An export: a window for each station, which is halved until the server gives it. */
import {
  type Cursor,
  decodeCursor,
  type ExportRequest,
  encodeCursor,
  fromRfc3339,
  halves,
  nanoseconds,
  PluginError,
  type Range,
  type Split,
  type Start,
  type Step,
  v,
} from "contextcore";
import type { Api, Reading } from "./api.ts";

/** `from` and `to` are known to the engine: they say which time is missing if the cursor fails. */
const WORK = v.object({ station: v.string(), from: nanoseconds, to: nanoseconds });
type Work = v.InferOutput<typeof WORK>;

const workOf = (cursor: Cursor): Work => decodeCursor("example/weather", WORK, cursor);

/** A cursor for each station: the engine runs as many at once as the server can take. */
export async function start(api: Api, { range, match }: ExportRequest, signal: AbortSignal): Promise<Start> {
  const stations = await chosen(api, match, signal);
  return { cursors: stations.map((station) => encodeCursor({ station, ...range })) };
}

/** The selector of this backend is a station's name. @throws PluginError `invalid` when there is none of that name */
export async function chosen(api: Api, match: string | undefined, signal: AbortSignal): Promise<string[]> {
  const all = (await api.stations(signal)).map(({ id }) => id);
  if (match === undefined) return all;
  if (all.includes(match)) return [match];
  throw new PluginError("invalid", `there is no station ${match}`, { hint: `There are: ${all.join(", ")}.` });
}

/** Reads a window, or gives two smaller ones in its place. */
export async function step(api: Api, cursor: Cursor, signal: AbortSignal): Promise<Step> {
  const { station, ...range } = workOf(cursor);
  const readings = await api.readings(station, range, signal);
  if (readings !== undefined) return readings.length === 0 ? {} : { records: [recordsOf(readings)] };
  const { cursors } = parts(cursor);
  // Halves of a window that cannot be halved would be asked for without an end.
  if (cursors === undefined)
    throw new PluginError("too-large", `${station} has too many readings at one time`);
  return { next: cursors };
}

/** Also what the engine does with a window that cannot be read: what is left unreadable in the end is as small as can be. */
export function parts(cursor: Cursor): Split {
  const { station, ...range } = workOf(cursor);
  const both = halves(range, UNIT);
  const items = [`readings of ${station}`];
  return both === undefined
    ? { items }
    : { items, cursors: both.map((half) => encodeCursor({ station, ...half })) };
}

/** Stations report every quarter of an hour: a shorter window that is said to be too full would be halved for ever. ns */
const UNIT = 900_000_000_000n;

function recordsOf(readings: readonly Reading[]) {
  const { from, to } = extentOf(readings);
  return {
    file: "example/weather/readings.jsonl",
    text: readings.map((reading) => `${JSON.stringify(reading)}\n`).join(""),
    lines: readings.length,
    from,
    to,
    counts: { readings: readings.length },
  };
}

function extentOf(readings: readonly Reading[]): Range {
  const times = readings.map(({ at }) => fromRfc3339(at)).sort((a, b) => (a < b ? -1 : 1));
  return { from: times[0] ?? 0n, to: (times.at(-1) ?? 0n) + 1n };
}

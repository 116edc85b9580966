/** Splits a line of `metrics.json` into points, and makes a line from points. */
import { list, type Members, members } from "./members.ts";

/** One float sample of a series. */
interface LinePoint {
  /** ms */
  readonly time: number;
  /** As written in `values`. */
  readonly value: unknown;
  /** As written in `special`. */
  readonly name: unknown;
  /** When its counter started, ms; 0: unknown. */
  readonly start: unknown;
}

/** The float samples of a line, in order. @param line with its numbers as they were written */
export function pointsOf(line: Members): readonly LinePoint[] {
  const [values, special, runs] = [list(line.values), members(line.special), list(line.starts).map(list)];
  let run = 0;
  return list(line.timestamps).map((time, index) => {
    while (run < runs.length && Number(runs[run]?.[0]) <= index) run += 1;
    return { time: Number(time), value: values[index], name: special[index], start: runs[run - 1]?.[1] ?? 0 };
  });
}

/** The line with these samples instead of its own; empty lists are left out. */
export function withPoints(
  line: Members,
  points: readonly LinePoint[],
  histograms: readonly unknown[],
  raw: readonly unknown[],
): Members {
  const { metric, labelBytes } = line;
  const special = points.flatMap(({ name }, index) => (name === undefined ? [] : [[index, name]]));
  const own = {
    metric,
    labelBytes,
    timestamps: points.map(({ time }) => time),
    values: points.map(({ value }) => value),
    special: special.length === 0 ? undefined : Object.fromEntries(special),
    starts: unlessEmpty(runsOf(points)),
    histograms: unlessEmpty(histograms),
    raw: unlessEmpty(raw),
  };
  const others = Object.entries(line).filter(([name]) => !(name in own));
  return { ...own, ...Object.fromEntries(others) };
}

const unlessEmpty = (all: readonly unknown[]): readonly unknown[] | undefined =>
  all.length === 0 ? undefined : all;

/** `[[index, start], …]`: from that sample on, this is when the counter started. */
function runsOf(points: readonly LinePoint[]): readonly (readonly [number, unknown])[] {
  let last: unknown = 0;
  return points.flatMap(({ start }, index) => {
    if (start === last) return [];
    last = start;
    return [[index, start] as const];
  });
}

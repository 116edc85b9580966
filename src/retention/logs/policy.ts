/** How long a rotated file is kept: as long as the line that is kept the longest. */
import { LEVELS, type Level } from "../../config/logs.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";

/** Times by level. */
export interface LogPolicy {
  /** The one that is kept the longest first. */
  readonly longestFirst: readonly Level[];
  /** @param level absent: no level is known, so it is kept as long as any @returns ms */
  keptMs(level?: Level): number;
}

/** @param levels durations by level */
export function logPolicy(levels: Readonly<Record<Level, string>>): LogPolicy {
  const ms = new Map(LEVELS.map((level) => [level, toMs(parseDuration(levels[level]))]));
  const longest = Math.max(...ms.values());
  return {
    longestFirst: LEVELS.toReversed().sort((one, other) => (ms.get(other) ?? 0) - (ms.get(one) ?? 0)),
    keptMs: (level) => (level === undefined ? longest : (ms.get(level) ?? longest)),
  };
}

/** Of the levels of its lines the one that decides; `undefined`: none is known. */
export const deciding = ({ longestFirst }: LogPolicy, found: ReadonlySet<Level>): Level | undefined =>
  longestFirst.find((level) => found.has(level));

/** Whether nothing but its level decides whether it goes: it is older than what is kept the shortest. */
export function needsLevel({ longestFirst, keptMs }: LogPolicy, ageMs: number): boolean {
  const shortest = longestFirst.at(-1);
  return shortest !== undefined && ageMs > keptMs(shortest) && ageMs <= keptMs();
}

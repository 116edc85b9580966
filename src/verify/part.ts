import { DAY_MS } from "../units/range.ts";
/** One of so many parts of a snapshot's blocks, counted from 1. */
export interface SnapshotPart {
  readonly index: number;
  readonly of: number;
}

/**
 * Reads `2/7`; `day/7`, another one of seven parts each day; or `10%`: likewise, of as many parts as cover everything.
 * @throws RangeError when it is none of them
 */
export function readPart(text: string, nowMs: number = Date.now()): SnapshotPart {
  const [, index, of] = /^(\d+|day)\/(\d+)$/.exec(text) ?? [];
  if (index === "day" && Number(of) >= 1) return partOfDay(Number(of), nowMs);
  if (index !== undefined && Number(index) >= 1 && Number(index) <= Number(of)) {
    return { index: Number(index), of: Number(of) };
  }
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent > 0 && percent <= 100) return partOfDay(Math.ceil(100 / percent), nowMs);
  throw new RangeError(`${JSON.stringify(text)} is not a part (use 1/7, day/7 or 10%)`);
}

/**
 * A day begins at noon UTC, so that a night is one day nearly everywhere, and in summer as in winter: no night repeats another
 * one's part, or leaves it out, and a run that is made up for in the morning reads the part of its night.
 */
const partOfDay = (of: number, nowMs: number): SnapshotPart => ({
  index: (Math.floor((nowMs - DAY_MS / 2) / DAY_MS) % of) + 1,
  of,
});

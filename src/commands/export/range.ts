import { UsageError } from "../../tasks/errors.ts";
import { formatDuration } from "../../units/duration.ts";
import { type Range, toRfc3339 } from "../../units/range.ts";

export interface RangeRequest {
  /** ns */
  readonly time: bigint | undefined;
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

export const DEFAULT_TIME = 86_400_000_000_000n;

/**
 * The range that the flags ask for: the last 24 hours unless they say otherwise, and never beyond now.
 * @param now ns
 * @throws UsageError when it is empty, backwards or in the future
 */
export function exportRange({ time, from, to }: RangeRequest, now: bigint): Range {
  if (time === 0n) throw new UsageError("--time: 0 is no time at all", "for example -t 24h");
  const end = to === undefined || to > now ? now : to;
  const start = from ?? end - (time ?? DEFAULT_TIME);
  if (start < 0n) throw new UsageError(`--time reaches back to before 1970: ${formatDuration(end - start)}`);
  if (start >= now) {
    throw new UsageError(`--from ${toRfc3339(start)} lies in the future`, `it is ${toRfc3339(now)} now`);
  }
  if (start >= end) {
    const asked = toRfc3339(to ?? end);
    throw new UsageError(`--from ${toRfc3339(start)} is not before --to ${asked}`);
  }
  return { from: start, to: end };
}

/** `24h: 2026-01-23T14:30:00Z to 2026-01-24T14:30:00Z`. */
export const describeRange = ({ from, to }: Range): string =>
  `${formatDuration(to - from)}: ${toRfc3339(from).slice(0, 19)}Z to ${toRfc3339(to).slice(0, 19)}Z`;

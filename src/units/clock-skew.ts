/** Clocks that differ: ours, and that of a server. */
import { formatDuration } from "./duration.ts";
import { fromMs } from "./range.ts";

/** Clocks that differ by less count as equal: headers are cut to the second, and synchronized hosts differ by less. ms */
export const SKEW_MAX_MS = 5_000;

/** Something whose server's clock may be known. */
export interface Clocked {
  /** Now, by its server's clock; absent: use our own. ns */
  readonly clock?: () => bigint;
}

/** Now, by the server's clock. @param now by ours, ns */
export const nowAt = ({ clock }: Clocked, now: bigint): bigint => clock?.() ?? now;

/**
 * `2h ahead of ours`; `undefined` when the clocks agree.
 * @param now by our clock, ns
 */
export function describeSkew(server: Clocked, now: bigint): string | undefined {
  const skew = nowAt(server, now) - now;
  const size = skew < 0n ? -skew : skew;
  if (size <= fromMs(SKEW_MAX_MS)) return undefined;
  const second = fromMs(1_000);
  return `${formatDuration(((size + second / 2n) / second) * second)} ${skew > 0n ? "ahead of" : "behind"} ours`;
}

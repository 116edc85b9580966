import { SKEW_MAX_MS } from "../http/server-clock.ts";
import { formatDuration } from "../units/duration.ts";
import { fromMs } from "../units/range.ts";
import type { OpenBackend } from "./open.ts";

/** Now, by the clock of the backend's server. @param now by ours, ns */
export const nowAt = ({ clock }: Pick<OpenBackend, "clock">, now: bigint): bigint => clock?.() ?? now;

/**
 * `2h ahead of ours`; `undefined` when the clocks agree.
 * @param now by our clock, ns
 */
export function describeSkew(open: Pick<OpenBackend, "clock">, now: bigint): string | undefined {
  const skew = nowAt(open, now) - now;
  const size = skew < 0n ? -skew : skew;
  if (size <= fromMs(SKEW_MAX_MS)) return undefined;
  const whole = ((size + fromMs(500)) / fromMs(1_000)) * fromMs(1_000);
  return `${formatDuration(whole)} ${skew > 0n ? "ahead of" : "behind"} ours`;
}

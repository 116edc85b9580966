/** Up to which time a server may let go of a backend's data. Pure. */
import type { Range } from "../../units/range.ts";

/** What is known of a backend that a server keeps. Times in ns. */
export interface ServerTimes {
  readonly now: bigint;
  /** How long its class is kept; 0: it need not be kept at all. */
  readonly kept: bigint;
  /** Time of the oldest data there. */
  readonly oldest: bigint;
  /** Which part of its time line complete and verified copies hold, in order and merged. */
  readonly covered: readonly Range[];
  /** Of which times something is held; in any order. */
  readonly held: readonly Range[];
  /** From when on an export that is not finished still reads. */
  readonly readFrom?: bigint | undefined;
}

/** Why data stays that a hold is about. */
export const HELD = "it is held";

/** Data before `before` may go; `lacking`: what is past its time after that stays, and why. */
interface LetGoBefore {
  readonly before: bigint;
  readonly lacking?: string;
}

/**
 * Only one contiguous part goes, from the oldest on: what lies behind something that stays, stays too, since servers delete up to a
 * time.
 */
export function letGoBefore(times: ServerTimes): LetGoBefore {
  const { now, kept, oldest, held, readFrom } = times;
  const end = now - kept;
  const limits: readonly (readonly [bigint, string])[] = [
    ...(kept === 0n ? [] : [[coveredUntil(times), "no complete, verified copy holds it"] as const]),
    ...held.filter(({ to }) => to > oldest).map(({ from }) => [from, HELD] as const),
    ...(readFrom === undefined ? [] : [[readFrom, "an export that is not finished still reads it"] as const]),
  ];
  return limits.reduce<LetGoBefore>(
    (least, [before, lacking]) => (before < least.before ? { before, lacking } : least),
    { before: end },
  );
}

/** Where the part that is covered without a gap ends, from the oldest data on. */
function coveredUntil({ oldest, covered }: ServerTimes): bigint {
  const own = covered.find(({ from, to }) => from <= oldest && oldest < to);
  return own?.to ?? oldest;
}

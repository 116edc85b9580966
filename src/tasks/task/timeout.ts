import { formatDuration, parseDuration } from "../../units/duration.ts";
import { fromMs, toMs } from "../../units/range.ts";
import { UsageError } from "./errors.ts";

/** A day: nobody waits longer, and the system's timers overflow after 24 days. ms */
const LONGEST_MS = 86_400_000;

/**
 * How long a server may take to answer, ms. @throws RangeError when it is not a duration, UsageError when it is out of range
 */
export function readTimeout(text: string): number {
  const ms = toMs(parseDuration(text));
  if (ms < 1) throw new UsageError(`${text} is too short for an answer`, "for example 30s");
  if (ms <= LONGEST_MS) return ms;
  throw new UsageError(`${text} is longer than ${formatDuration(fromMs(LONGEST_MS))}`, "for example 30s");
}

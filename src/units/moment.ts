/** A time as people write it. */
import { parseDuration } from "./duration.ts";
import { fromMs, fromRfc3339 } from "./range.ts";

/**
 * Reads a date, an RFC 3339 time, or a duration such as `24h`, which means that long ago.
 * @returns ns since the epoch
 * @throws RangeError when the text is none of them, or reaches back to before 1970
 */
export function readMoment(text: string): bigint {
  if (!/^\d+(\.\d+)?[a-zµ]/.test(text.trim())) return fromRfc3339(text);
  const moment = fromMs(NOW) - parseDuration(text);
  if (moment < 0n) throw new RangeError(`reaches back to before 1970: ${text}`);
  return moment;
}

/** The same for all times of a call, so that `--from 2h --to 1h` is exactly an hour. */
const NOW = Date.now();

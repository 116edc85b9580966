/** A time as people write it. */
import { parseDuration } from "./duration.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "./range.ts";

/**
 * Reads a date, an RFC 3339 time, `now`, `today`, `yesterday` (as dates), or a duration such as `24h`, which means that long ago.
 * @param now ms since the epoch: the same for all times of a call, so that `--from 2h --to 1h` is exactly an hour
 * @returns ns since the epoch
 * @throws RangeError when the text is none of them, or reaches back to before 1970
 */
export function readMoment(text: string, now: number): bigint {
  const word = text.trim();
  if (word === "now") return fromMs(now);
  const days = DAYS_AGO[word];
  if (days !== undefined) return (fromMs(now) / DAY_NS - days) * DAY_NS;
  if (!/^\d/.test(word)) throw new RangeError(`not a time: ${JSON.stringify(text)} (use ${FORMS})`);
  if (!/^\d+(\.\d+)?[a-zµ]/.test(word)) return fromRfc3339(text);
  const moment = fromMs(now) - parseDuration(text);
  if (moment < 0n) throw new RangeError(`reaches back to before 1970: ${text}`);
  return moment;
}

/** The last moment that is meant: of a day alone its end. @throws as {@link readMoment} */
export function readLastMoment(text: string, now: number): bigint {
  const moment = readMoment(text, now);
  const isDay = /^(\d{4}-\d\d-\d\d|[a-z]+day)$/.test(text.trim());
  return isDay ? moment + DAY_NS - 1n : moment;
}

const FORMS = "2026-01-24, 2026-01-24T14:30:00Z, 24h for that long ago, now, today, yesterday";
const DAY_NS = 86_400n * NS_PER_SECOND;
const DAYS_AGO: Readonly<Record<string, bigint | undefined>> = Object.assign(Object.create(null), {
  today: 0n,
  yesterday: 1n,
});

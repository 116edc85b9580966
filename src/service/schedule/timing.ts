/** When a schedule is due: its occurrences, which are the same wherever and however often they are asked for. */
import { Cron } from "croner";
import { type CronFields, readCron } from "./fields.ts";
import { machineZone, type Zone, zoneOf } from "./zone.ts";

/** When something is due. Times are ms since 1970. */
export interface Timing {
  /** The first occurrence after a time; `undefined`: there is none. */
  next(afterMs: number): number | undefined;
  /** The last occurrence until a time, that included. */
  last(untilMs: number): number | undefined;
  /** A text that is another one whenever occurrences are. */
  readonly definition: string;
}

/**
 * A time of the day comes once on each of its days, whatever clocks do: one that they skip comes as soon as they have, and one that
 * they show twice comes the first time. Where every hour is meant, it is every hour that passes.
 * @param zone absent: this machine's @throws RangeError for a text that is no cron's, a zone that does not exist, and times that never come
 */
export function timingOf(cron: string, zone: string = machineZone()): Timing {
  const fields = readCron(cron);
  const place = zoneOf(zone);
  const isHourly = fields.hours.length === 24;
  // Without a function to call it starts no timer.
  const times = new Cron(listed(fields), { timezone: isHourly ? zone : "UTC", mode: "5-part" });
  if (times.nextRun() === null) throw new RangeError(`${JSON.stringify(cron)} never comes`);
  return { ...(isHourly ? passing(times) : shown(times, place)), definition: `${fields.text} ${zone}` };
}

const after = (times: Cron, ms: number): number | undefined => times.nextRun(new Date(ms))?.getTime();

const until = (times: Cron, ms: number): number | undefined =>
  times.previousRuns(1, new Date(ms + 1))[0]?.getTime();

const passing = (times: Cron): Omit<Timing, "definition"> => ({
  next: (afterMs) => after(times, afterMs),
  last: (untilMs) => until(times, untilMs),
});

/** A clock that is set back shows again what it has shown so long before. ms */
const SHOWN_AGAIN_MS = 3 * 3_600_000;

/** @param times as clocks show them, written as if that were UTC */
function shown(times: Cron, zone: Zone): Omit<Timing, "definition"> {
  const first = (from: number, step: typeof after, isIt: (ms: number) => boolean): number | undefined => {
    for (let clock = step(times, from); clock !== undefined; clock = step(times, clock)) {
      const ms = zone.momentOf(clock);
      if (isIt(ms)) return ms;
    }
    return undefined;
  };
  return {
    next: (afterMs) => first(zone.clockAt(afterMs), after, (ms) => ms > afterMs),
    last: (untilMs) =>
      first(
        zone.clockAt(untilMs) + SHOWN_AGAIN_MS,
        (all, ms) => until(all, ms - 1),
        (ms) => ms <= untilMs,
      ),
  };
}

/** As numbers alone: crons differ in what they take of steps and names. */
function listed({ minutes, hours, dates, months, days, isEither }: CronFields): string {
  const list = (numbers: readonly number[], all: number): string =>
    numbers.length === all ? "*" : numbers.join(",");
  // Where either is enough, a field that lists all days is another thing than one that says nothing.
  const [ofMonth, ofWeek] = isEither ? [dates.join(","), days.join(",")] : [list(dates, 31), list(days, 7)];
  return [list(minutes, 60), list(hours, 24), ofMonth, list(months, 12), ofWeek].join(" ");
}

/** What clocks show in a time zone. Times are ms since 1970; what a clock shows is written as if that were UTC. */

/** A time zone. */
export interface Zone {
  clockAt(ms: number): number;
  /** When clocks show this for the first time; of what they skip, the moment when they have. */
  momentOf(clock: number): number;
}

/** This machine's time zone. */
export const machineZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Clocks are not set twice in so short a time. ms */
const DAY_MS = 86_400_000;

/** @throws RangeError where there is none of this name */
export function zoneOf(name: string): Zone {
  const format = formatIn(name);
  const clockAt = (ms: number): number => {
    const { year, month, day, hour, minute, second } = Object.fromEntries(
      format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]),
    );
    return (
      Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) + (((ms % 1_000) + 1_000) % 1_000)
    );
  };
  const momentOf = (clock: number): number => {
    const byOffsetAt = (ms: number): number => clock - (clockAt(ms) - ms);
    const [before, after] = [byOffsetAt(clock - DAY_MS), byOffsetAt(clock + DAY_MS)];
    if (clockAt(before) === clock) return before;
    if (clockAt(after) === clock) return after;
    return firstWhere((ms) => clockAt(ms) > clock, after, before);
  };
  return { clockAt, momentOf };
}

/** The first ms between these, the last one included. @param isLater false until it is true for good */
function firstWhere(isLater: (ms: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isLater(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const [number, year] = ["2-digit", "numeric"] as const;
  try {
    return Intl.DateTimeFormat("en", {
      ...{ timeZone, calendar: "gregory", hourCycle: "h23", year },
      ...{ month: number, day: number, hour: number, minute: number, second: number },
    });
  } catch {
    throw new RangeError(
      `there is no time zone ${JSON.stringify(timeZone)}; they are named as Europe/Berlin`,
    );
  }
}

/** Finds the earliest and the latest time in a line, comparing them without converting them to numbers. */

/** Decimal numbers without a sign or leading zeros. */
export const isBefore = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

const DECIMAL = /^\d{1,21}$/;

/** Creates an extent without times. Times are decimal strings of ns. */
export function createExtent() {
  let earliest: string | undefined;
  let latest: string | undefined;
  return {
    /** Adds one time. */
    add(time: string): void {
      if (earliest === undefined || isBefore(time, earliest)) earliest = time;
      if (latest === undefined || isBefore(latest, time)) latest = time;
    },
    /** @throws Error when either one is not a time */
    result() {
      if (earliest === undefined || latest === undefined) return {};
      if (!DECIMAL.test(earliest) || !DECIMAL.test(latest)) throw new Error("a time is not a whole number");
      return { earliest: BigInt(earliest), latest: BigInt(latest) };
    },
  };
}

/** Cuts off the last six digits, which needs no bigint. @param ns a decimal string; anything else gives 0 */
export const nsToMs = (ns: unknown): number => (typeof ns === "string" ? Number(ns.slice(0, -6)) : 0);

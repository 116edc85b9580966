/** The earliest and the latest of the times in a line, compared without making numbers of them. */

/** Decimal numbers without a sign or leading zeros. */
export const isBefore = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

const DECIMAL = /^\d{1,21}$/;

/** Creates the extent of no time yet. Times are decimal strings of ns. */
export function createExtent() {
  let earliest: string | undefined;
  let latest: string | undefined;
  return {
    /** Adds one time. */
    add(time: string): void {
      if (earliest === undefined || isBefore(time, earliest)) earliest = time;
      if (latest === undefined || isBefore(latest, time)) latest = time;
    },
    /** @throws Error when one of the two is not a time */
    result() {
      if (earliest === undefined || latest === undefined) return {};
      if (!DECIMAL.test(earliest) || !DECIMAL.test(latest)) throw new Error("a time is not a whole number");
      return { earliest: BigInt(earliest), latest: BigInt(latest) };
    },
  };
}

/** Without a bigint: the last six of its digits are cut off. @param ns a decimal string; anything else is 0 */
export const nsToMs = (ns: unknown): number => (typeof ns === "string" ? Number(ns.slice(0, -6)) : 0);

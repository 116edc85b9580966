/** Compares JSON with what a server stores of it: by its meaning, and allowing for what storing changes. */
import { isObject } from "./json.ts";

/**
 * True when `kept` is how `written` is stored. Members may be in another order. Numbers are the same in any spelling (`1.0`,
 * `1e5`, `-0`), and also if `kept` is the nearest double: Grafana 12 and newer store only doubles, older ones keep all
 * digits. Half of a surrogate pair is stored as U+FFFD.
 */
export function isKept(written: unknown, kept: unknown): boolean {
  const number = numberText(written);
  if (number !== undefined) return isSameNumber(number, numberText(kept));
  if (typeof written === "string" && typeof kept === "string")
    return written.toWellFormed() === kept.toWellFormed();
  if (Array.isArray(written))
    return (
      Array.isArray(kept) &&
      written.length === kept.length &&
      written.every((one, index) => isKept(one, kept[index]))
    );
  if (!isMembers(written) || !isMembers(kept)) return written === kept;
  const members = Object.entries(written);
  return (
    members.length === Object.keys(kept).length &&
    members.every(([name, one]) => Object.hasOwn(kept, name) && isKept(one, kept[name]))
  );
}

/** True for an object with members. A number that `parseExact` left as written is an object, too. */
export const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && numberText(value) === undefined;

/** A number's digits, including one that `parseExact` left as written; `undefined` for anything else. */
const numberText = (value: unknown): string | undefined =>
  typeof value === "number" || JSON.isRawJSON(value) ? JSON.stringify(value) : undefined;

const isSameNumber = (written: string, kept: string | undefined): boolean =>
  kept !== undefined && [written, String(Number(written))].some((one) => decimal(one) === decimal(kept));

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A unique spelling of each number: its digits without surrounding zeros, and the exponent of the last digit. */
function decimal(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  if (end === 0) return "0";
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

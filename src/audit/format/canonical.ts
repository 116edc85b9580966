import type { Json } from "../../plugin/contract.ts";

/**
 * The canonical form of RFC 8785 (JCS): no white space, members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them. Members that are `undefined` are left out.
 * @throws TypeError for a number that JSON cannot hold
 */
export const canonical = (value: Json): string =>
  isInOrder(value) ? JSON.stringify(value) : sortedText(value);

/** What has its members in order already is written by the engine itself, several times faster. */
function isInOrder(value: Json): boolean {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`not a JSON number: ${value}`);
  if (value === null || typeof value !== "object") return true;
  if (isList(value)) return value.every(isInOrder);
  let before: string | undefined;
  for (const key in value) {
    const member = value[key];
    if ((before !== undefined && before > key) || (member !== undefined && !isInOrder(member))) return false;
    before = key;
  }
  return true;
}

function sortedText(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => (value[key] === undefined ? [] : `${JSON.stringify(key)}:${canonical(value[key])}`));
  return `{${members.join(",")}}`;
}

/** `Array.isArray` for read-only arrays. */
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

import { isList, type Json } from "./json.ts";

/**
 * The canonical form of RFC 8785 (JCS): no white space, members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them. Members that are `undefined` are left out.
 * `undefined` itself is `null`.
 * @throws TypeError for a number that JSON cannot hold
 */
export const canonicalJson = (value: Json | undefined): string =>
  value === undefined ? "null" : isInOrder(value) ? JSON.stringify(value) : sortedText(value);

/** If its members are already in order, the engine's own `JSON.stringify` is several times faster. */
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
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .flatMap((key) =>
      value[key] === undefined ? [] : `${JSON.stringify(key)}:${canonicalJson(value[key])}`,
    );
  return `{${members.join(",")}}`;
}

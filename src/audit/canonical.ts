import type { Json } from "../plugin/contract.ts";

/**
 * The canonical form of RFC 8785 (JCS): no white space, members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them. Members that are `undefined` are left out.
 * @throws TypeError for a number that JSON cannot hold
 */
export function canonical(value: Json): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`not a JSON number: ${value}`);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  let members = "";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonical(member)}`;
  }
  return `{${members}}`;
}

/** `Array.isArray` for read-only arrays. */
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Members of JSON that comes from elsewhere: what is not there, or not of the expected kind, is `undefined`. */
import { isList, isObject, type Json } from "../../units/json.ts";
import { nestsDeeper } from "../../units/nesting.ts";

/** A member, however deep: `at(body, "choices", 0, "delta")`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof key === "number") found = isList(found) ? found[key] : undefined;
    else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

/** A text that is there, at the end of this path. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** A count: a whole number, not below zero. */
export function countAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
}

/** A list; nothing counts as an empty one. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** Whatever is done with a value is done level by level. */
const LEVELS = 200;

/** Text as JSON; `undefined` where it is none, or nested more deeply than anything that is meant. */
export function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return nestsDeeper(value, LEVELS) ? undefined : value;
  } catch {
    return undefined;
  }
}

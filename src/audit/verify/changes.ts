import type { Json, JsonObject } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { isObject } from "../../units/json.ts";

/**
 * The differences between a line as a witness has it and as it is in the trail: `details.backup: "yes" became "no"`.
 * Empty when only the hashes differ.
 */
export function changesBetween(witnessed: string, present: string): readonly string[] {
  const [before, after] = [parsed(witnessed), parsed(present)];
  if (before === undefined || after === undefined) return [];
  return [...changes("", before, after)].filter((change) => !/^(prev_)?hash:/.test(change));
}

function* changes(path: string, before: Json | undefined, after: Json | undefined): Generator<string> {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* changes(path === "" ? key : `${path}.${key}`, before[key], after[key]);
    }
  } else if (textOf(before) !== textOf(after)) {
    yield `${path}: ${textOf(before)} became ${textOf(after)}`;
  }
}

const textOf = (value: Json | undefined): string => (value === undefined ? "nothing" : canonicalJson(value));

function parsed(line: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // there is nothing to compare
  }
}

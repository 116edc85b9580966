/** The texts of a JSON value, each with the names of the members that lead to it. */
import { members } from "../../snapshot/format/members.ts";
import { isObject } from "../../units/json.ts";

/** Whether to go on: `true` ends the walk. @param isNumber it is a number, as it is written */
type Visit = (text: string, path: readonly string[], isNumber: boolean) => boolean;

/** What of a value is walked through. */
interface Walked {
  /** Numbers as they are written, too: an identifier may be one, where they are no measurements. */
  readonly hasNumbers: boolean;
}

/**
 * Visits texts and names of members, until one visit ends it. A list is passed through: its items have its path. A list of
 * attributes, as OpenTelemetry writes them, is a member for each.
 * @returns whether a visit ended it
 */
export function someText(value: unknown, { hasNumbers }: Walked, visit: Visit): boolean {
  const walk = (one: unknown, path: readonly string[]): boolean => {
    if (typeof one === "string") return visit(one, path, false);
    if (typeof one === "number") return hasNumbers && visit(String(one), path, true);
    if (JSON.isRawJSON(one)) return hasNumbers && visit(String(members(one).rawJSON), path, true);
    if (Array.isArray(one)) return one.some((item) => walk(attributeOf(item), path));
    if (!isObject(one)) return false;
    return Object.entries(one).some(
      ([name, below]) => visit(name, path, false) || walk(below, [...path, name]),
    );
  };
  return walk(value, []);
}

/** `{"key": "user.id", "value": {"stringValue": "4711"}}` is a member `user.id`. */
function attributeOf(item: unknown): unknown {
  if (!isObject(item) || typeof item.key !== "string" || !isObject(item.value)) return item;
  const [first] = Object.values(item.value);
  return Object.keys(item).length === 2 ? { [item.key]: first } : item;
}

/** JSON as Grafana writes it: every number exact, and fields of any shape. */
import { PluginError, parseExact, v } from "contextcore";

/** The text of an object's file: pretty-printed, for people and for `diff`. */
export const toFileText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Any JSON object, but not an array. */
export const objectSchema = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "not a JSON object",
);
/** An object whose fields may be anything: each is checked where it is used. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is anything else. */
export const asObject = (value: unknown): Fields => {
  const checked = v.safeParse(objectSchema, value);
  return checked.success ? checked.output : {};
};

/** A string unchanged; anything else counts as absent. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/**
 * A copy without empty members, at any depth: whether Grafana writes those depends on its version. Not for dashboards, where
 * Grafana keeps every member.
 */
export function filledIn(value: Fields): Fields {
  const filled = Object.entries(value).map(([name, one]) => [name, filledValue(one)] as const);
  return Object.fromEntries(filled.filter(([, one]) => !isBlank(one)));
}

const filledValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(filledValue);
  return v.is(objectSchema, value) && !JSON.isRawJSON(value) ? filledIn(value) : value;
};

const isBlank = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  value === 0 ||
  (typeof value === "object" && !JSON.isRawJSON(value) && Object.keys(value).length === 0);

/** A copy without these fields. */
export const without = (value: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** The object in a file. @throws PluginError `invalid` naming the file */
export function objectIn(file: string, text: string): v.InferOutput<typeof objectSchema> {
  try {
    return v.parse(objectSchema, parseExact(text));
  } catch (cause) {
    throw new PluginError("invalid", `${file} does not hold one JSON object`, { cause });
  }
}

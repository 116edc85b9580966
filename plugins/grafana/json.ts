/** JSON as Grafana writes it: every number exact, and fields of any shape. */
import { v } from "contextcore";

/** The text of an object's file: pretty-printed, for people and for `diff`. */
export const toFileText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Any JSON object, but not an array. */
export const objectSchema = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "not a JSON object",
);
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is anything else. */
export const asObject = (value: unknown): Fields => {
  const checked = v.safeParse(objectSchema, value);
  return checked.success ? checked.output : {};
};

/** A string unchanged; anything else counts as absent. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** A copy without these fields. */
export const without = (value: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

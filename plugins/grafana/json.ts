/** JSON as Grafana writes it: every number exactly, and fields that may have any shape. */
import { v } from "contextcore";

declare global {
  interface JSON {
    /** ECMAScript 2026, "JSON.parse source text access": known to Bun, not yet to TypeScript's library. */
    parse(
      source: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    rawJSON(source: string): unknown;
  }
}

/**
 * JSON in which every number stays as it was written: `JSON.parse` alone would round large integers and write `1.0` as `1`.
 * A number that would change becomes a raw value, which `JSON.stringify` writes as it was.
 */
export const parseExact = (source: string): unknown =>
  JSON.parse(source, (_, value, { source: written = "" }) =>
    typeof value === "number" && String(value) !== written ? JSON.rawJSON(written) : value,
  );

/** The text of an object's file: pretty-printed, for people and for `diff`. */
export const toFileText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Any JSON object; not a list. */
export const objectSchema = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "not a JSON object",
);
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is something else. */
export const asObject = (value: unknown): Fields => {
  const checked = v.safeParse(objectSchema, value);
  return checked.success ? checked.output : {};
};

/** A text as it is; anything else is as good as none. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** Without these fields. */
export const without = (value: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

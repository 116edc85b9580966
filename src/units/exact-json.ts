declare global {
  interface JSON {
    /** ECMAScript 2026, "JSON.parse source text access": known to Bun, not yet to TypeScript's library. */
    parse(
      source: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    rawJSON(source: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/**
 * JSON in which every number stays as it was written: `JSON.parse` alone would round large integers, and write `1.0` as `1`
 * and `-0` as `0`. A number that would change becomes a raw value, which `JSON.stringify` writes as it was.
 */
export const parseExact = (source: string): unknown =>
  JSON.parse(source, (_, value, { source: written = "" }) =>
    typeof value === "number" && String(value) !== written ? JSON.rawJSON(written) : value,
  );

import { isObject } from "../units/json.ts";
import type { Range } from "../units/range.ts";
import { LATEST } from "../units/range.ts";
import type { Cursor } from "./contract.ts";

const DECIMAL = /^\d{1,21}$/;

/** The range in a cursor's members `from` and `to` (decimal strings of ns), if it has them. */
export function cursorRange({ from, to }: Cursor): Range | undefined {
  if (typeof from !== "string" || typeof to !== "string" || !DECIMAL.test(from) || !DECIMAL.test(to))
    return undefined;
  const range = { from: BigInt(from), to: BigInt(to) };
  return range.from < range.to && range.to <= LATEST ? range : undefined;
}

/** The earliest time to run a cursor, by the server's clock: its member `notBefore`. ns; `undefined`: at any time */
export function cursorNotBefore({ notBefore }: Cursor): bigint | undefined {
  return typeof notBefore === "string" && DECIMAL.test(notBefore) ? BigInt(notBefore) : undefined;
}

/** The items in a cursor's member `once`, by name; `undefined` where it has none. */
export function onceIn({ once }: Cursor): Cursor | undefined {
  return isCursor(once) ? once : undefined;
}

const isCursor = (value: unknown): value is Cursor => isObject(value);

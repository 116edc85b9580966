/** What JSON holds. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
/** A JSON object; members that are `undefined` are left out. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** `Array.isArray` for read-only arrays. */
export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** Whether it is an object with members: no list, and not null. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

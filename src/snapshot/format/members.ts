/** Access to JSON that was checked before, or is passed on unchanged. */

/** An object of JSON, by the names of its members. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; none for anything else. */
export const members = (value: unknown): Members =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** The items of a list; none for anything else. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

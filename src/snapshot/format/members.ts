/** Parts of JSON whose form was checked before, or that are passed on as they are. */

/** An object of JSON, by the names of its members. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; of anything else none. */
export const members = (value: unknown): Members =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** The items of a list; of anything else none. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

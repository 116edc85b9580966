import { isObject } from "../../units/json.ts";

/** What a plugin's step yielded makes no sense; the message says which field. It is a fault of the plugin's. */
export class InvalidStep extends Error {
  override readonly name = "InvalidStep";
}

/** The list, or none where there is none. @throws InvalidStep when it is something else */
export function listOf<Item>(what: string, items: readonly Item[] | undefined): readonly Item[] {
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new InvalidStep(`${what} must be a list`);
  return items;
}

/** @throws InvalidStep with the message, unless it is an object with members */
export function requireObject(value: unknown, message: string): void {
  if (!isObject(value)) throw new InvalidStep(message);
}

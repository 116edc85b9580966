import { isObject } from "../../units/json.ts";

/** A plugin's step yielded something invalid; the message names the field. This is a defect of the plugin. */
export class InvalidStep extends Error {
  override readonly name = "InvalidStep";
}

/** The list, or an empty one if absent. @throws InvalidStep when it is not a list */
export function listOf<Item>(what: string, items: readonly Item[] | undefined): readonly Item[] {
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new InvalidStep(`${what} must be a list`);
  return items;
}

/** @throws InvalidStep with the message, unless it is an object with members */
export function requireObject(value: unknown, message: string): void {
  if (!isObject(value)) throw new InvalidStep(message);
}

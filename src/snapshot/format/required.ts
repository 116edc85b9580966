/** Parts of a line that must have a certain form, or an error is thrown. */
import { isList, type Json, type JsonObject } from "../../units/json.ts";

/** @throws Error when it is not an object */
export function requiredObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || isList(value)) throw new Error("not an object");
  return value;
}

/** @param name of the member, for the message @throws Error when it is not a list */
export function requiredList(value: Json | undefined, name?: string): readonly Json[] {
  if (!isList(value)) throw new Error(name === undefined ? "not a list" : `${name} is not a list`);
  return value;
}

/** A member that must be a list. @throws Error when it is not one */
export const listIn = (value: Json | undefined, name: string): readonly Json[] =>
  requiredList(isList(value) ? undefined : requiredObject(value)[name], name);

/** Parts of a line that must have their form; what has another is told by an error. */
import { isList, type Json, type JsonObject } from "../../units/json.ts";

/** @throws Error when it is not an object */
export function requiredObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || isList(value)) throw new Error("not an object");
  return value;
}

/** @param name of the member that it is, for the message @throws Error when it is not a list */
export function requiredList(value: Json | undefined, name?: string): readonly Json[] {
  if (!isList(value)) throw new Error(name === undefined ? "not a list" : `${name} is not a list`);
  return value;
}

/** The member of an object that must be a list. @throws Error when it is not one */
export const listIn = (value: Json | undefined, name: string): readonly Json[] =>
  requiredList(isList(value) ? undefined : requiredObject(value)[name], name);

import { placedAt } from "./addresses.ts";

/** What a name of a snapshot in a place looks like: `offsite:20260124-143000`. */
const IN_PLACE = /^([a-z0-9][a-z0-9-]*):(.*)$/;

/** A snapshot that is named with its place. */
export interface PlacedName {
  readonly place: string;
  readonly name: string;
}

/** The place and the name in it, by the configuration's name or by a URL; `undefined` for anything else, such as a path. */
export function placedName(text: string): PlacedName | undefined {
  const at = placedAt(text);
  if (at !== undefined) return at;
  const [, place, name] = IN_PLACE.exec(text) ?? [];
  return place === undefined || name === undefined ? undefined : { place, name };
}

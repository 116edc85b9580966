/** What a name of a snapshot in a place looks like: `offsite:20260124-143000`. */
const IN_PLACE = /^([a-z0-9][a-z0-9-]*):(.*)$/;

/** A snapshot that is named with its place. */
export interface PlacedName {
  readonly place: string;
  readonly name: string;
}

/** The place and the name in it; `undefined` for anything else, such as a path. */
export function placedName(text: string): PlacedName | undefined {
  const [, place, name] = IN_PLACE.exec(text) ?? [];
  return place === undefined || name === undefined ? undefined : { place, name };
}

/** Finds where the value of a key ends, by its type. The value itself is not interpreted. */
import { damaged, type Place, skipText, take, takeByte, takeLength } from "./encoding.ts";

/** Moves past one thing of a kind: a length, a text. */
export type Skip = (place: Place) => unknown;

/** Moves past a number of things of one kind. */
export function skip(place: Place, what: Skip, times: number): undefined {
  for (let n = 0; n < times; n += 1) what(place);
}

const bytes =
  (length: number): Skip =>
  (place) =>
    take(place, length);

const each = (place: Place, ...parts: readonly Skip[]): undefined => {
  for (let left = takeLength(place); left > 0; left -= 1) for (const part of parts) part(place);
};

/** A number as text, after its length; the three highest lengths are infinities and NaN. */
function skipDecimal(place: Place): void {
  const length = takeByte(place);
  if (length < 253) take(place, length);
}

/** By type: how a value is skipped. Types of one text (ziplists, listpacks, sets of integers) are many. */
const SKIPS: Readonly<Record<number, Skip>> = {
  1: (place) => each(place, skipText),
  2: (place) => each(place, skipText),
  3: (place) => each(place, skipText, skipDecimal),
  4: (place) => each(place, skipText, skipText),
  5: (place) => each(place, skipText, bytes(8)),
  7: skipModule,
  14: (place) => each(place, skipText),
  15: (place) => skipStream(place, 1),
  18: (place) => each(place, takeLength, skipText),
  19: (place) => skipStream(place, 2),
  21: (place) => skipStream(place, 3),
  24: (place) => {
    take(place, 8);
    each(place, takeLength, skipText, skipText);
  },
  25: (place) => {
    take(place, 8);
    skipText(place);
  },
};

const OF_ONE_TEXT: ReadonlySet<number> = new Set([0, 9, 10, 11, 12, 13, 16, 17, 20]);

/** Valkey counts the versions of its dumps from here. */
export const VALKEY = 80;
/** Valkey's hash whose fields expire has a number that was another type's in an early Redis. */
export const VALKEY_HASH = 22;

/** Goes past a value. @param version of the dump @throws PluginError `invalid` when its type is not known */
export function skipValue(place: Place, type: number, version: number): void {
  const known = OF_ONE_TEXT.has(type) ? skipText : SKIPS[type];
  if (version >= VALKEY && type === VALKEY_HASH) each(place, skipText, skipText, bytes(8));
  else if (known !== undefined) known(place);
  else throw damaged(`it has a value of type ${type}, which this version does not know`);
}

/** Its entries, its ids, then its groups with what they wait for and their consumers. */
function skipStream(place: Place, generation: 1 | 2 | 3): void {
  const ids = generation === 1 ? 3 : 8;
  each(place, skipText, skipText);
  skip(place, takeLength, ids);
  each(
    place,
    skipText,
    (at) => skip(at, takeLength, generation === 1 ? 2 : 3),
    (at) => each(at, bytes(24), takeLength),
    (at) => each(at, skipText, bytes(generation === 3 ? 16 : 8), (one) => each(one, bytes(16))),
  );
}

/** A module's value names the kind of each of its parts. */
export function skipModule(place: Place): undefined {
  takeLength(place);
  for (let kind = takeLength(place); kind !== 0; kind = takeLength(place)) {
    if (kind === 1 || kind === 2) takeLength(place);
    else if (kind === 3) take(place, 4);
    else if (kind === 4) take(place, 8);
    else if (kind === 5) skipText(place);
    else throw damaged("a module's value in it is damaged");
  }
}

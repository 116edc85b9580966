/** Finds where the value of a key ends, by its type. The value itself is not interpreted. */
import { PluginError } from "contextcore";
import { damaged, type Place, skipText, take, takeByte, takeLength } from "./encoding.ts";

/** Moves past one thing of a kind: a length, a text. */
export type Skip = (place: Place) => unknown;

/** Moves past a number of things of one kind. */
export function skip(place: Place, what: Skip, times: number): undefined {
  for (let n = 0; n < times; n += 1) what(place);
}

/** A part of a value: so many times the same things. */
interface Part {
  readonly times: (place: Place) => number;
  readonly what: readonly Skip[];
}

const times = (number: number, ...what: readonly Skip[]): Part => ({ times: () => number, what });
const once = (...what: readonly Skip[]): Part => times(1, ...what);
const each = (...what: readonly Skip[]): Part => ({ times: takeLength, what });

const skipParts =
  (...parts: readonly Part[]): Skip =>
  (place) => {
    for (const part of parts)
      for (let left = part.times(place); left > 0; left -= 1) for (const what of part.what) what(place);
  };

const bytes =
  (length: number): Skip =>
  (place) =>
    take(place, length);

/** A number as text, after its length; the three highest lengths are infinities and NaN. */
function skipDecimal(place: Place): void {
  const length = takeByte(place);
  if (length < 253) take(place, length);
}

/** By type: what a value consists of. Types of one text (ziplists, listpacks, sets of integers) are many. */
const PARTS: Readonly<Record<number, readonly Part[]>> = {
  1: [each(skipText)],
  2: [each(skipText)],
  3: [each(skipText, skipDecimal)],
  4: [each(skipText, skipText)],
  5: [each(skipText, bytes(8))],
  7: [once(skipModule)],
  14: [each(skipText)],
  15: streamParts(1),
  18: [each(takeLength, skipText)],
  19: streamParts(2),
  21: streamParts(3),
  24: [once(bytes(8)), each(takeLength, skipText, skipText)],
  25: [once(bytes(8), skipText)],
};

/** Types whose value is one text. */
export const OF_ONE_TEXT: ReadonlySet<number> = new Set([0, 9, 10, 11, 12, 13, 16, 17, 20]);

/** Valkey counts the versions of its dumps from here. */
export const VALKEY = 80;
/** Valkey's hash whose fields expire has a number that was another type's in an early Redis. */
export const VALKEY_HASH = 22;

/** A server newer than we are has written it: where it ends is not known. */
export class UnknownValue extends PluginError {}

/** @throws PluginError `invalid` when the type is not known */
function partsOf(type: number, version: number): readonly Part[] {
  if (version >= VALKEY && type === VALKEY_HASH) return [each(skipText, skipText, bytes(8))];
  const known = OF_ONE_TEXT.has(type) ? [once(skipText)] : PARTS[type];
  if (known !== undefined) return known;
  throw new UnknownValue("invalid", `the dump has a value of type ${type}, which this version does not know`);
}

/** Goes past a value. @param version of the dump @throws PluginError `invalid` when its type is not known; TOO_SHORT */
export const skipValue = (place: Place, type: number, version: number): unknown =>
  skipParts(...partsOf(type, version))(place);

/**
 * Goes past a value as far as its things have come, and on from there each time that it is called: a list may be larger than the
 * memory. What it returns throws TOO_SHORT, behind the last whole thing, until the value has come to its end
 */
export function passValue(type: number, version: number): Skip {
  const parts = partsOf(type, version).values();
  let what: readonly Skip[] = [];
  let left = 0;
  let next: Part | undefined;
  return (place) => {
    let whole = place.next;
    try {
      for (;;) {
        for (; left > 0; left -= 1) {
          for (const one of what) one(place);
          whole = place.next;
        }
        next ??= parts.next().value;
        if (next === undefined) return;
        [left, what] = [next.times(place), next.what];
        [next, whole] = [undefined, place.next];
      }
    } finally {
      place.next = whole;
    }
  };
}

/** Its entries, its ids, then its groups with what they wait for and their consumers. */
function streamParts(generation: 1 | 2 | 3): readonly Part[] {
  const ids = generation === 1 ? 3 : 8;
  const waiting = each(bytes(24), takeLength);
  const consumers = each(skipText, bytes(generation === 3 ? 16 : 8), skipParts(each(bytes(16))));
  const group = skipParts(once(skipText), times(generation === 1 ? 2 : 3, takeLength), waiting, consumers);
  return [each(skipText, skipText), times(ids, takeLength), each(group)];
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

/** What differs between an object in a snapshot and the one that a server holds in its place, in words for people. */
import { isKept, isMembers } from "../units/kept-json.ts";

/** More are only counted. */
const NAMED_MAX = 5;
const NAME_LENGTH_MAX = 60;
/** How far down members are named; a difference below is one of the member above. */
const DEPTH_MAX = 3;

/**
 * Names what differs, shortly and bounded: `title, 2 of 5 panels, jsonData.timeInterval`. Leave out beforehand what a server
 * sets itself. Members may stand in another order, and a number is the same however it is spelled.
 * @param saved as in the snapshot @param held as the server holds it
 * @returns `undefined` when both are the same
 */
export function whatDiffers(saved: object, held: object): string | undefined {
  const found = [...differing(saved, held, [])];
  if (found.length === 0) return undefined;
  const more = found.length - NAMED_MAX;
  const named = found.slice(0, NAMED_MAX).map((name) => cutTo(name, NAME_LENGTH_MAX));
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function* differing(saved: unknown, held: unknown, path: readonly string[]): Generator<string> {
  if (isKept(saved, held)) return;
  const name = path.join(".");
  if (path.length > 0 && (Array.isArray(saved) || Array.isArray(held)))
    return yield itemsText(name, saved, held);
  if (!isMembers(saved) || !isMembers(held) || path.length === DEPTH_MAX)
    return yield name || "its whole content";
  for (const member of new Set([...Object.keys(saved), ...Object.keys(held)]))
    yield* differing(own(saved, member), own(held, member), [...path, member]);
}

/** Of an object from outside: a member may be called `constructor`. */
const own = (object: Readonly<Record<string, unknown>>, member: string): unknown =>
  Object.hasOwn(object, member) ? object[member] : undefined;

/** `2 of 5 panels`. What is no list counts as an empty one. */
function itemsText(name: string, saved: unknown, held: unknown): string {
  const [all, there] = [listOf(saved), listOf(held)];
  const moved = all.flatMap((one, index) => (isKept(one, there[index]) ? [] : [one]));
  const other = there.filter((one, index) => index >= all.length || !isKept(all[index], one));
  const changed = Math.max(without(moved, other), without(other, moved));
  return changed === 0
    ? `the order of ${name}`
    : `${changed} of ${Math.max(all.length, there.length)} ${name}`;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Among more, what has moved is not looked for: each would be compared with each. */
const COMPARED_MAX = 300;

/** How many of the first list the second one lacks. */
const without = (some: readonly unknown[], others: readonly unknown[]): number =>
  some.length > COMPARED_MAX || others.length > COMPARED_MAX
    ? some.length
    : some.filter((one) => !others.some((other) => isKept(one, other))).length;

const cutTo = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

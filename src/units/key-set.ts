/**
 * A set of texts that stores 8 bytes for each, a 64-bit hash, at a place that another hash gives; with room to grow, some 11.
 * Among a hundred million texts, the chance that any two are taken for the same is below 10^-8.
 */
export interface KeySet {
  /** Adds the text; false when it was already there. */
  add(text: string | Uint8Array): boolean;
  has(text: string | Uint8Array): boolean;
  readonly size: number;
}

/** Creates an empty set. A full table stays as it is, and another one follows: nothing is ever held twice to grow. */
export function createKeySet(): KeySet {
  const tables = [new Uint32Array(2 * FIRST)];
  let [newest, room, size] = [tables[0] ?? new Uint32Array(2 * FIRST), FIRST * FULL, 0];

  const follow = (): void => {
    const slots = Math.min(newest.length * 4, LARGEST);
    newest = new Uint32Array(2 * slots);
    room = slots * FULL;
    tables.push(newest);
  };

  return {
    add(text) {
      const key = keyOf(text);
      let place = 0;
      // The newest comes last, so this is a place in it.
      for (const table of tables) {
        place = placeIn(table, key);
        if (!isFree(table, place)) return false;
      }
      newest[place] = key.low;
      newest[place + 1] = key.high;
      size += 1;
      room -= 1;
      if (room === 0) follow();
      return true;
    },
    has(text) {
      const key = keyOf(text);
      for (const table of tables) if (!isFree(table, placeIn(table, key))) return true;
      return false;
    },
    get size() {
      return size;
    },
  };
}

/** Slots of the first table, and of the largest: 8 MiB. A slot is two numbers; both of a free one are 0. */
const FIRST = 64;
const LARGEST = 1 << 20;
/** A table takes keys for this share of its slots. */
const FULL = 0.75;

/** What stands for a text: two halves of a hash, of which at least one is not 0, and where to look for it. */
interface Key {
  readonly low: number;
  readonly high: number;
  readonly at: number;
}

function keyOf(text: string | Uint8Array): Key {
  const hash = BigInt(Bun.hash(text, 1n)) || 1n;
  const at = Number(BigInt.asUintN(32, BigInt(Bun.hash(text, 2n))));
  return { low: Number(BigInt.asUintN(32, hash)), high: Number(hash >> 32n), at };
}

/** Where the key is in a table, or would be. */
function placeIn(table: Uint32Array, { low, high, at }: Key): number {
  const last = table.length - 2;
  for (let place = (at * 2) & last; ; place = (place + 2) & last)
    if (isFree(table, place) || (table[place] === low && table[place + 1] === high)) return place;
}

const isFree = (table: Uint32Array, place: number): boolean => table[place] === 0 && table[place + 1] === 0;

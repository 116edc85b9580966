/**
 * A set of texts that stores 16 bytes for each: two 64-bit hashes with different seeds. Among a hundred million texts, the
 * chance that any two are taken for the same is below 10^-22.
 */
export interface KeySet {
  /** Adds the text; false when it was already there. */
  add(text: string | Uint8Array): boolean;
  has(text: string | Uint8Array): boolean;
  readonly size: number;
}

/** Creates an empty set. */
export function createKeySet(): KeySet {
  let table = new BigUint64Array(2 * 64);
  let size = 0;

  /** Where the text is, or would be. */
  const slotOf = (within: BigUint64Array, first: bigint, second: bigint): number => {
    const slots = within.length / 2;
    for (let slot = Number(first & BigInt(slots - 1)); ; slot = (slot + 1) & (slots - 1)) {
      const there = within[2 * slot];
      if (there === 0n || (there === first && within[2 * slot + 1] === second)) return 2 * slot;
    }
  };

  const place = (into: BigUint64Array, first: bigint, second: bigint): boolean => {
    const slot = slotOf(into, first, second);
    if (into[slot] !== 0n) return false;
    into[slot] = first;
    into[slot + 1] = second;
    return true;
  };

  const grow = (): void => {
    const larger = new BigUint64Array(table.length * 2);
    for (let at = 0; at < table.length; at += 2) {
      const first = table[at] ?? 0n;
      if (first !== 0n) place(larger, first, table[at + 1] ?? 0n);
    }
    table = larger;
  };

  return {
    add(text) {
      const isNew = place(table, ...hashesOf(text));
      if (isNew) size += 1;
      if (size * 3 > table.length) grow();
      return isNew;
    },
    has: (text) => table[slotOf(table, ...hashesOf(text))] !== 0n,
    get size() {
      return size;
    },
  };
}

/** Zero marks a free slot. */
const hashesOf = (text: string | Uint8Array): [bigint, bigint] => [hash(text, 1n) || 1n, hash(text, 2n)];

const hash = (text: string | Uint8Array, seed: bigint): bigint => BigInt(Bun.hash(text, seed));

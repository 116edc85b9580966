/**
 * A set of texts that keeps 16 bytes for each: two 64-bit hashes with different seeds. Among a hundred million texts the
 * chance that any two are taken for one is below 10^-22.
 */
export interface KeySet {
  /** Adds the text; false when it was there. */
  add(text: string | Uint8Array): boolean;
  readonly size: number;
}

/** Creates an empty set. */
export function createKeySet(): KeySet {
  let table = new BigUint64Array(2 * 64);
  let size = 0;

  const place = (into: BigUint64Array, first: bigint, second: bigint): boolean => {
    const slots = into.length / 2;
    for (let slot = Number(first & BigInt(slots - 1)); ; slot = (slot + 1) & (slots - 1)) {
      if (into[2 * slot] === 0n) {
        into[2 * slot] = first;
        into[2 * slot + 1] = second;
        return true;
      }
      if (into[2 * slot] === first && into[2 * slot + 1] === second) return false;
    }
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
      // Zero marks a free slot.
      const first = hash(text, 1n) || 1n;
      const isNew = place(table, first, hash(text, 2n));
      if (isNew) size += 1;
      if (size * 3 > table.length) grow();
      return isNew;
    },
    get size() {
      return size;
    },
  };
}

const hash = (text: string | Uint8Array, seed: bigint): bigint => BigInt(Bun.hash(text, seed));

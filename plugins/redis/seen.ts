/** Which keys were named before, in 24 bytes or more a key: of a hundred million, no two are likely to be taken for the same. */

/** Keys that were named. */
export interface Seen {
  /** Adds a key. @returns whether it is new */
  add(key: Uint8Array): boolean;
}

/** None yet. */
export function createSeen(): Seen {
  let table = new BigUint64Array(2 * 1_024);
  let size = 0;
  const put = (first: bigint, second: bigint): boolean => {
    const slots = table.length / 2;
    for (let slot = Number(first & BigInt(slots - 1)); ; slot = (slot + 1) & (slots - 1)) {
      if (table[2 * slot] === first && table[2 * slot + 1] === second) return false;
      if (table[2 * slot] !== 0n) continue;
      [table[2 * slot], table[2 * slot + 1]] = [first, second];
      return true;
    }
  };
  const grow = (): void => {
    const smaller = table;
    table = new BigUint64Array(smaller.length * 2);
    for (let at = 0; at < smaller.length; at += 2) {
      const [first = 0n, second = 0n] = smaller.subarray(at, at + 2);
      if (first !== 0n) put(first, second);
    }
  };
  return {
    add(key) {
      // Zero marks a free place.
      const isNew = put(BigInt(Bun.hash(key, 1)) || 1n, BigInt(Bun.hash(key, 2)));
      if (isNew) size += 1;
      if (size * 3 > table.length) grow();
      return isNew;
    },
  };
}

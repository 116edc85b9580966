/** Tells of nearly every record that it was not erased without looking it up: a bit for the beginning of each tombstone. */
export interface Sieve {
  /** False: no tombstone begins like this. */
  may(tag: Uint8Array): boolean;
  /** @param at where the tombstone begins in these bytes; default: 0 */
  add(bytes: Uint8Array, at?: number): void;
}

/** So much of a tombstone is looked at. */
export const HEAD_BYTES = 4;

/** Sixteen bits for each tombstone, from 8 KiB to 32 MiB: of ten million one question in ten is looked up in vain. */
const BITS = { perTag: 4, least: 16, most: 28 } as const;

/** @param size how many tombstones will be added, about */
export function createSieve(size: number): Sieve {
  const wanted = Math.ceil(Math.log2(Math.max(1, size))) + BITS.perTag;
  const bits = Math.min(BITS.most, Math.max(BITS.least, wanted));
  const table = new Uint8Array(2 ** (bits - 3));
  // Tombstones are hashes, so their first bits are evenly spread.
  const placeOf = (bytes: Uint8Array, at: number): number => {
    const byte = (number: number): number => bytes[at + number] ?? 0;
    return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> (32 - bits);
  };
  return {
    may(tag) {
      const place = placeOf(tag, 0);
      return ((table[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
    },
    add(tag, at = 0) {
      const place = placeOf(tag, at);
      table[place >> 3] = (table[place >> 3] ?? 0) | (1 << (place & 7));
    },
  };
}

/** A bit for each number from 0 on; no bits when all are marked. */
export interface Marks {
  add(number: number): void;
  has(number: number): boolean;
  /** How many are marked. */
  readonly size: number;
  /** How many there are. */
  of: number;
  /** No more will be added: frees the bits if they say nothing. */
  settle(): void;
}

/** Creates them with none marked. */
export function createMarks(): Marks {
  let bits = new Uint8Array(64);
  let size = 0;
  let isFull = false;
  return {
    of: 0,
    add(number) {
      const at = number >> 3;
      if (at >= bits.length) {
        const larger = new Uint8Array(Math.max(bits.length * 2, at + 1));
        larger.set(bits);
        bits = larger;
      }
      const bit = 1 << (number & 7);
      if (((bits[at] ?? 0) & bit) === 0) size += 1;
      bits[at] = (bits[at] ?? 0) | bit;
    },
    has: (number) => isFull || ((bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0,
    get size() {
      return size;
    },
    settle() {
      isFull = size > 0 && size === this.of;
      if (isFull) bits = new Uint8Array(0);
    },
  };
}

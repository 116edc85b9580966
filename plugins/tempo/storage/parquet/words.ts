/** A 64-bit integer in two words: adding bigints makes an object of every sum. */
export interface Words {
  low: number;
  high: number;
}

/** Zero, to be filled. */
export const words = (): Words => ({ low: 0, high: 0 });

/** Sets `sum` to the sum, modulo 2⁶⁴; it may be one of the two. */
export function add(one: Words, other: Words, sum: Words): void {
  const low = one.low + other.low;
  sum.high = (one.high + other.high + (low > WORD_MAX ? 1 : 0)) >>> 0;
  sum.low = low >>> 0;
}

const WORD_MAX = 0xffff_ffff;

/** Sets words to an integer, to zero if it is none; 32-bit ones come as numbers. */
export function setWords(target: Words, value: unknown): void {
  const integer = typeof value === "number" ? BigInt(value) : typeof value === "bigint" ? value : 0n;
  target.low = Number(BigInt.asUintN(32, integer));
  target.high = Number(BigInt.asUintN(32, integer >> 32n));
}

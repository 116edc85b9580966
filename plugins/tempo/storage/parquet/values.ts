/** Values of columns, which come without types: how they are kept, and what they are read as. */

/** The values of a page or a dictionary, made when they are asked for: most are looked at once and let go. */
export interface Values {
  at(index: number): unknown;
  /** Of texts: where one stands, so that it can be copied without anything being made. */
  readonly texts?: Texts;
}

/** Texts that stand in one run of bytes. */
export interface Texts {
  readonly bytes: Uint8Array;
  start(index: number): number;
  end(index: number): number;
}

/** @param bytes its texts, with or without something between them */
export const textValues = (texts: Texts): Values => ({
  texts,
  at: (index) => texts.bytes.subarray(texts.start(index), texts.end(index)),
});

/** A message that texts are copied to, as the values of its fields. */
export interface TextTarget {
  blob(field: number, value: Uint8Array): void;
  blobPart(field: number, source: Uint8Array, start: number, end: number): void;
}

/** The text or bytes of a column without a value. */
export const NO_BYTES = new Uint8Array();

/** Bytes; none where the column has no value. */
export const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : NO_BYTES);

/** A 64-bit integer; 32-bit ones come as numbers. */
export function integerOf(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  return typeof value === "number" ? BigInt(value) : 0n;
}

/** An unsigned 32-bit number, which Parquet keeps as a signed one. */
export const countOf = (value: unknown): number => Number(value ?? 0) >>> 0;

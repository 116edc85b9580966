/** Values of columns, which come without types: how they are kept, and what they are read as. */

/** The values of a page or a dictionary. Each is made when it is asked for, since most are read once. */
export interface Values {
  at(index: number): unknown;
  /** Where texts stand, so that they can be copied without being made. */
  readonly texts?: Texts;
  /** 64-bit integers, the low word of each first. */
  readonly words?: Uint32Array;
}

/** Texts that stand in one run of bytes. */
export interface Texts {
  readonly bytes: Uint8Array;
  start(index: number): number;
  end(index: number): number;
}

/** Texts as values; in their bytes other bytes may stand between them. */
export const textValues = (texts: Texts): Values => ({
  texts,
  at: (index) => texts.bytes.subarray(texts.start(index), texts.end(index)),
});

/** A message to whose fields texts are copied. */
export interface TextTarget {
  blob(field: number, value: Uint8Array): void;
  blobPart(field: number, source: Uint8Array, start: number, end: number): void;
}

/** The text or bytes of a column without a value. */
export const NO_BYTES = new Uint8Array();

/** Bytes; none where the column has no value. */
export const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : NO_BYTES);

/** An unsigned 32-bit number, which Parquet keeps as a signed one. */
export const countOf = (value: unknown): number => Number(value ?? 0) >>> 0;

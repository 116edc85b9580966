/** Values of a block's columns, which come without types. */

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

/** A trace id as 32 hex digits. */
export const hexOf = (id: Uint8Array): string => Buffer.from(id).toString("hex").padStart(32, "0");

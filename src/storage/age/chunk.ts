/** The chunks of an encrypted file: each is encrypted and authenticated by itself. */

/** A chunk has so many bytes; the last one may have fewer. */
export const CHUNK = 64 * 1024;

/** What authentication adds to each. Bytes. */
export const TAG = 16;

/** The chunk's number, and whether it is the last one: so none can be left out, moved or added. */
export function chunkNonce(number: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(3, BigInt(number));
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

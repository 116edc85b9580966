/**
 * The checksum of a dump: CRC-64 by Jones, reflected, in two halves, since numbers of 64 bits are slow here.
 * https://github.com/redis/redis/blob/unstable/src/crc64.c
 */
const POLYNOMIAL = { high: 0x95ac_9329, low: 0xac4b_c9b5 };

/** For each byte and for how many bytes it lies before the end: high and low halves. Eight bytes are taken at a time. */
const SLICES = 8;
const HIGH = new Uint32Array(SLICES * 256);
const LOW = new Uint32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte += 1) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high >>>= 1;
    if (isOdd) [high, low] = [high ^ POLYNOMIAL.high, low ^ POLYNOMIAL.low];
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}
for (let at = 256; at < SLICES * 256; at += 1) {
  const [high = 0, low = 0] = [HIGH[at - 256], LOW[at - 256]];
  const byte = low & 0xff;
  LOW[at] = ((low >>> 8) | (high << 24)) ^ (LOW[byte] ?? 0);
  HIGH[at] = (high >>> 8) ^ (HIGH[byte] ?? 0);
}

const lowAt = (at: number): number => LOW[at] as number;
const highAt = (at: number): number => HIGH[at] as number;

/** Takes bytes in pieces. */
interface Crc64 {
  update(bytes: Uint8Array): void;
  /** As it stands in a dump: 8 bytes, little endian. */
  digest(): Buffer;
}

/** Begins a checksum. */
export function createCrc64(): Crc64 {
  let [high, low] = [0, 0];
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let at = 0;
      for (; at + SLICES <= bytes.length; at += SLICES) {
        const one = low ^ view.getInt32(at, true);
        const two = high ^ view.getInt32(at + 4, true);
        const a = 1792 | (one & 0xff);
        const b = 1536 | ((one >>> 8) & 0xff);
        const c = 1280 | ((one >>> 16) & 0xff);
        const d = 1024 | (one >>> 24);
        const e = 768 | (two & 0xff);
        const f = 512 | ((two >>> 8) & 0xff);
        const g = 256 | ((two >>> 16) & 0xff);
        const h = two >>> 24;
        low = lowAt(a) ^ lowAt(b) ^ lowAt(c) ^ lowAt(d) ^ lowAt(e) ^ lowAt(f) ^ lowAt(g) ^ lowAt(h);
        high = highAt(a) ^ highAt(b) ^ highAt(c) ^ highAt(d) ^ highAt(e) ^ highAt(f) ^ highAt(g) ^ highAt(h);
      }
      for (; at < bytes.length; at += 1) {
        const byte = (low ^ view.getUint8(at)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ lowAt(byte);
        high = (high >>> 8) ^ highAt(byte);
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(low >>> 0, 0);
      bytes.writeUInt32LE(high >>> 0, 4);
      return bytes;
    },
  };
}

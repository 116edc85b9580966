import { hashAt, type TrailLine } from "../format/trail-line.ts";

/** The hash of every event read, by number. Each takes 32 bytes, so that millions fit into memory. */
export interface Hashes {
  add(seq: number, hash: string): void;
  get(seq: number): string | undefined;
  /** Whether a line has the same hash as the event with its number. */
  has(line: TrailLine): boolean;
  readonly newest: number;
}

const HASH_BYTES = 32;
const GROWTH = 65_536;

/** The value of a hexadecimal digit in lower case; 16 for any other byte. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(byte));
  return value < 0 ? 16 : value;
});

/** An empty collection. */
export function collectHashes(): Hashes {
  const blocks = new Map<number, { readonly bytes: Buffer; readonly known: Uint8Array }>();
  let newest = 0;
  const place = (seq: number) => [Math.floor(seq / GROWTH), seq % GROWTH] as const;
  const blockOf = (number: number) => {
    const block = blocks.get(number) ?? {
      bytes: Buffer.alloc(GROWTH * HASH_BYTES),
      known: new Uint8Array(GROWTH),
    };
    blocks.set(number, block);
    return block;
  };
  return {
    get newest() {
      return newest;
    },
    add(seq, hash) {
      const [number, index] = place(seq);
      const block = blockOf(number);
      block.bytes.write(hash, index * HASH_BYTES, "hex");
      block.known[index] = 1;
      newest = Math.max(newest, seq);
    },
    has(line) {
      const { bytes } = line;
      const at = hashAt(line);
      const [number, index] = place(line.seq);
      const block = blocks.get(number);
      if (block?.known[index] !== 1) return false;
      const begin = index * HASH_BYTES;
      for (let byte = 0; byte < HASH_BYTES; byte += 1) {
        const high = DIGITS[bytes[at + byte * 2] ?? 0] ?? 16;
        const low = DIGITS[bytes[at + byte * 2 + 1] ?? 0] ?? 16;
        if (low === 16 || high * 16 + low !== block.bytes[begin + byte]) return false;
      }
      return true;
    },
    get(seq) {
      const [number, index] = place(seq);
      const block = blocks.get(number);
      if (block?.known[index] !== 1) return undefined;
      return block.bytes.toString("hex", index * HASH_BYTES, (index + 1) * HASH_BYTES);
    },
  };
}

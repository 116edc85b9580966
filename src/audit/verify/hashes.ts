/** The hash of every event that was read, by its number: 32 bytes each, so that millions fit. */
export interface Hashes {
  add(seq: number, hash: string): void;
  get(seq: number): string | undefined;
  readonly newest: number;
}

const HASH_BYTES = 32;
const GROWTH = 65_536;

export function collectHashes(): Hashes {
  const blocks = new Map<number, { readonly bytes: Buffer; readonly known: Uint8Array }>();
  let newest = 0;
  const place = (seq: number) => [Math.floor(seq / GROWTH), seq % GROWTH] as const;
  return {
    get newest() {
      return newest;
    },
    add(seq, hash) {
      const [number, index] = place(seq);
      const block = blocks.get(number) ?? {
        bytes: Buffer.alloc(GROWTH * HASH_BYTES),
        known: new Uint8Array(GROWTH),
      };
      blocks.set(number, block);
      block.bytes.write(hash, index * HASH_BYTES, "hex");
      block.known[index] = 1;
      newest = Math.max(newest, seq);
    },
    get(seq) {
      const [number, index] = place(seq);
      const block = blocks.get(number);
      if (block?.known[index] !== 1) return undefined;
      return block.bytes.toString("hex", index * HASH_BYTES, (index + 1) * HASH_BYTES);
    },
  };
}

/**
 * A tombstone: what stands for an erased record. It is the keyed hash of the record's canonical content, cut to 16 bytes, as RFC
 * 2104 allows: without the key nobody can tell whose it was, and with it only whoever has the record.
 */

/** Whose records: a backend, by its name in the manifest, and a data file or path, as its plugin calls that. */
export interface RecordsOf {
  readonly plugin: string;
  readonly file: string;
}

/** Makes tombstones under one key. Each is a view that is valid until the next one is made. */
export type Tagger = (of: RecordsOf, content: string) => Uint8Array;

/** Bytes of a key, and of a tombstone. */
export const KEY_BYTES = 32;
/** Bytes of a tombstone. */
export const TAG_BYTES = 16;

/** @param key of {@link KEY_BYTES} bytes */
export function taggerOf(key: Uint8Array): Tagger {
  let [known, base] = ["", new Bun.CryptoHasher("sha256", key)];
  // A hasher wants room for the longest hash that there is.
  const room = new Uint8Array(64);
  const tag = room.subarray(0, TAG_BYTES);
  return ({ plugin, file }, content) => {
    // Neither name may hold this character.
    const of = `${plugin}\0${file}\0`;
    if (of !== known) [known, base] = [of, new Bun.CryptoHasher("sha256", key).update(of)];
    base.copy().update(content).digest(room);
    return tag;
  };
}

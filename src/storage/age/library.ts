/** The libraries are heavy, so they are loaded when something is encrypted or decrypted, and not before. */

import { type ChunkCipher, systemCipher } from "./system-cipher.ts";

/** typage, by the author of age: headers, keys, and whole files as streams. */
export const typage = (): Promise<typeof import("age-encryption")> => import("age-encryption");

let cipher: Promise<ChunkCipher> | undefined;

/** The cipher of an age file's chunks: this machine's, or the library's where it has none. */
export function chunkCipher(): Promise<ChunkCipher> {
  cipher ??= import("@noble/ciphers/chacha.js").then(
    ({ chacha20poly1305 }) => systemCipher(chacha20poly1305) ?? chacha20poly1305,
  );
  return cipher;
}

/** How age writes keys as text. */
export const base = (): Promise<typeof import("@scure/base")> => import("@scure/base");

/** The libraries are heavy, so they are loaded when something is encrypted or decrypted, and not before. */

/** typage, by the author of age: headers, keys, and whole files as streams. */
export const typage = (): Promise<typeof import("age-encryption")> => import("age-encryption");

/** The cipher of an age file's chunks, for reading single ones. */
export const chunkCipher = async (): Promise<typeof import("@noble/ciphers/chacha.js").chacha20poly1305> =>
  (await import("@noble/ciphers/chacha.js")).chacha20poly1305;

/** How age writes keys as text. */
export const base = (): Promise<typeof import("@scure/base")> => import("@scure/base");

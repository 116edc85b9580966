/**
 * ChaCha20-Poly1305 of this machine's OpenSSL, by its stable interface. Where there is one it encrypts and decrypts several times
 * as fast as the library in this program, which does the same everywhere.
 */
import { dlopen, ptr } from "bun:ffi";

/** Encrypts and decrypts one message with a key and a nonce that is used once. */
export type ChunkCipher = (
  key: Uint8Array,
  nonce: Uint8Array,
) => {
  /** The message encrypted, with 16 bytes more. @param into of that length; absent: a buffer of its own */
  encrypt(bytes: Uint8Array, into?: Uint8Array): Uint8Array;
  /** The message. @param into of its length; absent: a buffer of its own @throws Error when it is not what was encrypted */
  decrypt(bytes: Uint8Array, into?: Uint8Array): Uint8Array;
};

/** Of OpenSSL 3 and 1.1. On other systems a program may not load what is there. */
const NAMES = process.platform === "linux" ? ["libcrypto.so.3", "libcrypto.so.1.1"] : [];

const BEGIN = { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" } as const;
const UPDATE = { args: ["ptr", "ptr", "ptr", "ptr", "i32"], returns: "i32" } as const;
const END = { args: ["ptr", "ptr", "ptr"], returns: "i32" } as const;

const open = (name: string) =>
  dlopen(name, {
    EVP_CIPHER_CTX_new: { args: [], returns: "ptr" },
    EVP_CIPHER_CTX_ctrl: { args: ["ptr", "i32", "i32", "ptr"], returns: "i32" },
    EVP_chacha20_poly1305: { args: [], returns: "ptr" },
    EVP_EncryptInit_ex: BEGIN,
    EVP_EncryptUpdate: UPDATE,
    EVP_EncryptFinal_ex: END,
    EVP_DecryptInit_ex: BEGIN,
    EVP_DecryptUpdate: UPDATE,
    EVP_DecryptFinal_ex: END,
  }).symbols;

const TAG = 16;
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** @returns `undefined` where there is none, or it does not do what `other` does */
export function systemCipher(other: ChunkCipher): ChunkCipher | undefined {
  for (const name of NAMES) {
    try {
      const cipher = cipherOf(open(name));
      if (isLike(cipher, other)) return cipher;
    } catch {
      // It is not there, or may not encrypt like this (FIPS): the other one can.
    }
  }
  return undefined;
}

function cipherOf(lib: ReturnType<typeof open>): ChunkCipher {
  const context = lib.EVP_CIPHER_CTX_new();
  const algorithm = lib.EVP_chacha20_poly1305();
  const written = new Int32Array(1);
  const rest = new Uint8Array(TAG);
  const succeed = (returned: number): void => {
    if (returned !== 1)
      throw new Error("the system's OpenSSL failed, or these are not the bytes that were encrypted");
  };
  return (key, nonce) => ({
    encrypt(bytes, sealed = new Uint8Array(bytes.length + TAG)) {
      const size = bytes.length;
      succeed(lib.EVP_EncryptInit_ex(context, algorithm, null, ptr(key), ptr(nonce)));
      if (size > 0) succeed(lib.EVP_EncryptUpdate(context, ptr(sealed), ptr(written), ptr(bytes), size));
      succeed(lib.EVP_EncryptFinal_ex(context, ptr(rest), ptr(written)));
      succeed(lib.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG, ptr(sealed, size)));
      return sealed;
    },
    decrypt(bytes, into) {
      const size = bytes.length - TAG;
      if (size < 0) throw new Error("these are too few bytes");
      const plain = into ?? new Uint8Array(size);
      succeed(lib.EVP_DecryptInit_ex(context, algorithm, null, ptr(key), ptr(nonce)));
      succeed(lib.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG, ptr(bytes, size)));
      if (size > 0) succeed(lib.EVP_DecryptUpdate(context, ptr(plain), ptr(written), ptr(bytes), size));
      succeed(lib.EVP_DecryptFinal_ex(context, ptr(rest), ptr(written)));
      return plain;
    },
  });
}

/** It is trusted with nobody's backup before it has shown that it does the same, also with a whole chunk of age. */
function isLike(cipher: ChunkCipher, other: ChunkCipher): boolean {
  const [key, nonce] = [
    crypto.getRandomValues(new Uint8Array(32)),
    crypto.getRandomValues(new Uint8Array(12)),
  ];
  return [0, 1, 1_000, 1 << 16].every((size) => {
    const plain = crypto.getRandomValues(new Uint8Array(size));
    const sealed = cipher(key, nonce).encrypt(plain);
    return (
      Buffer.compare(sealed, other(key, nonce).encrypt(plain)) === 0 &&
      Buffer.compare(cipher(key, nonce).decrypt(sealed), plain) === 0
    );
  });
}

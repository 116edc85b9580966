/**
 * Encrypting so that the same file becomes the same bytes again. What an interrupted copy has sent is known by its checksum, so a
 * second encryption must not differ from the first. All that age takes at random is derived here from a seed instead, which only
 * this machine knows, and which is another one for every content and every name: so no two contents are encrypted under one key.
 * https://github.com/C2SP/C2SP/blob/main/age.md
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { lending } from "../../units/lending.ts";
import { CHUNK, chunkNonce, TAG } from "./chunk.ts";
import { base, chunkCipher } from "./library.ts";

/** One file's encryption. */
interface Seal {
  /** How many bytes so many become. */
  size(plain: number): number;
  /** The encrypted file, in pieces, each in the buffer that is lent for it, if that is long enough. */
  encrypt(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, Uint8Array | undefined>;
  /** SHA-256 of the encrypted file, lower-case hex. It holds one chunk. */
  sha256(plain: AsyncIterable<Uint8Array>): Promise<string>;
}

const FILE_KEY = 16;
const NONCE = 16;
const SECRET = 32;

/**
 * Begins one file's encryption.
 * @param recipients X25519, checked before: see `requireRecipient`
 * @param seed 32 bytes that nobody else knows, and that belong to this content under this name alone
 */
export async function sealFor(recipients: readonly string[], seed: Uint8Array): Promise<Seal> {
  const part = (info: string, length: number): Buffer =>
    Buffer.from(hkdfSync("sha256", seed, "", info, length));
  const fileKey = part("file key", FILE_KEY);
  const stanzas = await Promise.all(
    recipients.map((recipient) => stanzaFor(recipient, fileKey, part(`ephemeral ${recipient}`, SECRET))),
  );
  const nonce = part("nonce", NONCE);
  const head = Buffer.concat([headerOf(stanzas, fileKey), nonce]);
  const key = new Uint8Array(hkdfSync("sha256", fileKey, nonce, "payload", SECRET));
  const cipher = await chunkCipher();
  const encrypt: Seal["encrypt"] = async function* (plain) {
    let lent = yield head;
    let number = 0;
    for await (const { bytes, isLast } of chunksOf(plain)) {
      const length = bytes.length + TAG;
      const into = lent !== undefined && lent.length >= length ? lent.subarray(0, length) : undefined;
      lent = yield cipher(key, chunkNonce(number, isLast)).encrypt(bytes, into);
      number += 1;
    }
  };
  return {
    size: (plain) => head.length + plain + TAG * Math.max(1, Math.ceil(plain / CHUNK)),
    encrypt,
    async sha256(plain) {
      const hasher = new Bun.CryptoHasher("sha256");
      const room = new Uint8Array(CHUNK + TAG);
      for await (const piece of lending(encrypt(plain), room)) hasher.update(piece);
      return hasher.digest("hex");
    },
  };
}

/** Whole chunks, and a last one that is shorter, or as long; of an empty file an empty one. */
async function* chunksOf(
  plain: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ bytes: Uint8Array; isLast: boolean }> {
  const chunk = new Uint8Array(CHUNK);
  // All of a piece is taken before the next one comes.
  const room = new Uint8Array(ROOM);
  let filled = 0;
  for await (const piece of lending(plain, room)) {
    for (let at = 0; at < piece.length; ) {
      // Only when more comes is it known that a full chunk is not the last one.
      if (filled === CHUNK) {
        yield { bytes: chunk, isLast: false };
        filled = 0;
      }
      const part = piece.subarray(at, at + CHUNK - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  yield { bytes: chunk.subarray(0, filled), isLast: true };
}

const ROOM = 1 << 20;

/** The file's key, encrypted to a recipient. */
async function stanzaFor(recipient: string, fileKey: Uint8Array, secret: Buffer): Promise<string> {
  const { bech32 } = await base();
  const theirs = Buffer.from(bech32.decodeToBytes(recipient).bytes);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE, secret]),
    format: "der",
    type: "pkcs8",
  });
  const share = rawOf(createPublicKey(privateKey));
  const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC, theirs]), format: "der", type: "spki" });
  const shared = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([share, theirs]);
  const wrapping = new Uint8Array(hkdfSync("sha256", shared, salt, "age-encryption.org/v1/X25519", SECRET));
  const cipher = await chunkCipher();
  const body = cipher(wrapping, new Uint8Array(12)).encrypt(fileKey);
  return `-> X25519 ${unpadded(share)}\n${unpadded(body)}\n`;
}

/** What stands before the 32 bytes of an X25519 key in DER. RFC 8410 */
const PRIVATE = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC = Buffer.from("302a300506032b656e032100", "hex");

const rawOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" }).subarray(PUBLIC.length);

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

function headerOf(stanzas: readonly string[], fileKey: Uint8Array): Buffer {
  const text = `age-encryption.org/v1\n${stanzas.join("")}---`;
  const key = Buffer.from(hkdfSync("sha256", fileKey, "", "header", SECRET));
  return Buffer.from(`${text} ${unpadded(createHmac("sha256", key).update(text).digest())}\n`);
}

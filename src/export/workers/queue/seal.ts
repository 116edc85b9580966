/**
 * What passes through a queue: encrypted and authenticated with a key of this export, so the queue's server learns nothing of it, and
 * can have nobody run or enter what was not asked for or answered.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { SigningKey } from "../../../audit/format/note.ts";
import type { Json } from "../../../units/json.ts";

/** Seals and opens values of one export. */
export interface Sealing {
  /** @param about what it is; it opens as that alone */
  seal(about: string, value: Json): string;
  /** @throws Error when it is damaged, or was sealed with another key, or as something else */
  open(about: string, sealed: string): Json;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A step's answer: its lines of the index, and the cursors that follow. Bytes */
const VALUE_BYTES_MAX = 320 << 20;

/** @param name the snapshot's, in its place */
export function sealingOf({ secret }: Pick<SigningKey, "secret">, name: string): Sealing {
  const key = Buffer.from(hkdfSync("sha256", secret, "", `contextcore export ${name} queue`, 32));
  return {
    seal(about, value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(about));
      const text = Buffer.concat([cipher.update(zstdCompressSync(JSON.stringify(value))), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
    },
    open(about, sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const [nonce, tag] = [
        bytes.subarray(0, NONCE_BYTES),
        bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES),
      ];
      const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(about)).setAuthTag(tag);
      const packed = Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
      return JSON.parse(zstdDecompressSync(packed, { maxOutputLength: VALUE_BYTES_MAX }).toString());
    },
  };
}

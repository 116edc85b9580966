/**
 * Signed notes with Ed25519 keys, as specified by C2SP's `signed-note`. Go's module checksum database, Sigstore and other
 * transparency logs sign their checkpoints this way, and their tools can read ours.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

/** A key pair that signs notes. */
export interface SigningKey {
  readonly name: string;
  /** `NAME+HASH+BASE64`: the public key that others verify with. */
  readonly verifier: string;
  /** `PRIVATE+KEY+NAME+HASH+BASE64`: never shown. */
  readonly secret: string;
  /** The text, an empty line, and a signature line. @param text ends with a newline */
  sign(text: string): string;
}

/** A key or a note that is not written as the specification says, or does not verify. */
export class NoteError extends Error {
  override readonly name = "NoteError";
}

const ED25519 = 1;
/** The bytes before the 32 bytes of a key in PKCS #8 and in SPKI (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/**
 * A new key. @param name not empty, without blanks and plus signs
 * @throws NoteError when the name is not allowed
 */
export function generateKey(name: string): SigningKey {
  if (!/^[^\s+]+$/.test(name)) throw new NoteError(`not a key name: ${JSON.stringify(name)}`);
  const { privateKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ type: "pkcs8", format: "der" }).subarray(PKCS8.length);
  return signingKey(name, seed);
}

/** Reads `PRIVATE+KEY+…`. @throws NoteError */
export function parseSigningKey(secret: string): SigningKey {
  const [, name = "", hash = "", encoded = ""] =
    /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(secret.trim()) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new NoteError("not an Ed25519 signing key");
  const key = signingKey(name, bytes.subarray(1));
  if (key.verifier.split("+")[1] !== hash)
    throw new NoteError("the signing key's name and hash do not match");
  return key;
}

function signingKey(name: string, seed: Buffer): SigningKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), type: "pkcs8", format: "der" });
  const publicBytes = createPublicKey(key).export({ type: "spki", format: "der" }).subarray(SPKI.length);
  const verifier = verifierText(name, publicBytes);
  const hash = verifier.split("+")[1] ?? "";
  return {
    name,
    verifier,
    secret: `PRIVATE+KEY+${name}+${hash}+${encodedKey(seed).toString("base64")}`,
    sign(text) {
      if (!text.endsWith("\n")) throw new NoteError("a note's text ends with a newline");
      const signature = Buffer.concat([Buffer.from(hash, "hex"), sign(null, Buffer.from(text), key)]);
      return `${text}\n— ${name} ${signature.toString("base64")}\n`;
    },
  };
}

const encodedKey = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([ED25519]), bytes]);

function verifierText(name: string, publicBytes: Uint8Array): string {
  const encoded = encodedKey(publicBytes);
  return `${name}+${keyHash(name, encoded).toString("hex")}+${encoded.toString("base64")}`;
}

/** The first four bytes of SHA-256 over name, newline and encoded key. */
const keyHash = (name: string, encoded: Buffer): Buffer =>
  createHash("sha256").update(`${name}\n`).update(encoded).digest().subarray(0, 4);

/** The text of a note that this key has signed; other signatures are ignored. @throws NoteError */
export function openNote(note: string, verifier: string): string {
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) throw new NoteError("not a signed note");
  const text = note.slice(0, split + 1);
  requireSigned(Buffer.from(text), note.slice(split + 2, -1), verifier);
  return text;
}

/** @param lines the note's signatures @throws NoteError unless one of them is the verifier's, of this text */
export function requireSigned(text: Uint8Array, lines: string, verifier: string): void {
  const { name, hash, key } = parseVerifier(verifier);
  for (const line of lines.split("\n")) {
    const [, signer, encoded = ""] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = Buffer.from(encoded, "base64");
    if (signer !== name || !bytes.subarray(0, 4).equals(hash)) continue;
    if (verify(null, text, key, bytes.subarray(4))) return;
    throw new NoteError(`the signature of ${name} does not match the text`);
  }
  throw new NoteError(`${name} has not signed it`);
}

interface Verifier {
  readonly name: string;
  readonly hash: Buffer;
  readonly key: KeyObject;
}

/** Reads `NAME+HASH+BASE64`. @throws NoteError */
export function parseVerifier(verifier: string): Verifier {
  const [, name = "", hash = "", encoded = ""] =
    /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(verifier.trim()) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length !== 33 || bytes[0] !== ED25519)
    throw new NoteError("not an Ed25519 verifier key (NAME+HASH+BASE64)");
  const known = keyHash(name, bytes);
  if (known.toString("hex") !== hash) throw new NoteError("the verifier key's name and hash do not match");
  const der = Buffer.concat([SPKI, bytes.subarray(1)]);
  return { name, hash: known, key: createPublicKey({ key: der, type: "spki", format: "der" }) };
}

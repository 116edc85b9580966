/**
 * `copy.json`: what a copy consists of, object by object. It is written last, so without it there is no copy.
 *
 * Its last member is an Ed25519 signature by the key that signs the trail's checkpoints. What is signed is the file's own text
 * with that member empty (`"signature": ""`), as a note of C2SP's `signed-note`.
 */
import * as v from "valibot";
import { NoteError, openNote, requireSigned, type SigningKey } from "../../audit/format/note.ts";
import { isObjectName } from "../../contract/object-name.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { collisionKey, staysInside } from "../../snapshot/format/paths.ts";
import { timeSchema } from "../../snapshot/format/range-text.ts";
import { messageOf } from "../../units/message-of.ts";
import { textNestsDeeper } from "../../units/nesting.ts";

/** What a copy claims to hold, signed. It is written last, so where it is missing there is no copy. */
export const COPY_FILE = "copy.json";

/** Enough for some hundred thousand objects. */
export const COPY_BYTES_MAX = 64 << 20;

/** A larger one is parsed only if a known key has signed it: parsing takes several times its size. */
export const UNPROVED_BYTES_MAX = 1 << 20;

/** The version of the layout that this program writes. */
const COPY_FORMAT = 1;

/** It has objects in a list, and their recipients in lists: the rest is left to later versions. */
const LEVELS_MAX = 20;

/** An encrypted object is called like the file in it, with this at its end. */
export const ENCRYPTED = ".age";

const bytesSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a SHA-256 in lower-case hex"));

/** What `copy.json` says of an object. */
export const objectSchema = v.object({
  name: v.pipe(
    v.string(),
    v.check((name) => isObjectName(name) && staysInside(name), "not the name of an object in a copy"),
  ),
  bytes: bytesSchema,
  sha256: sha256Schema,
  encrypted: v.exactOptional(
    v.object({
      /** Bytes of the file in it. */
      bytes: bytesSchema,
      /** Age recipients: who can decrypt it. */
      recipients: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)),
    }),
  ),
});

const copySchema = v.object({
  format: v.literal(COPY_FORMAT),
  tool: v.string(),
  snapshot: v.pipe(v.string(), v.regex(SNAPSHOT_NAME, "not the name of a snapshot")),
  manifest: sha256Schema,
  created: timeSchema,
  host: v.string(),
  user: v.string(),
  key: v.string(),
  objects: v.array(objectSchema),
  signature: v.string(),
});

/** An object of a copy, as it is stored. */
export type CopyObject = Readonly<v.InferOutput<typeof objectSchema>>;

/** What a copy says of itself. */
export interface Copy {
  /** The program that wrote it, with its version. */
  readonly tool: string;
  /** The snapshot's name, which is also the name of the folder. */
  readonly snapshot: string;
  /** The `sha256` of the snapshot's manifest, which identifies it. */
  readonly manifest: string;
  /** When all objects were there. RFC 3339 */
  readonly created: string;
  readonly host: string;
  readonly user: string;
  /** The public key that it is signed with, `NAME+HASH+BASE64`. */
  readonly key: string;
  /** Every object of the copy but `copy.json`. */
  readonly objects: readonly CopyObject[];
}

/** What its signer says of it: everything but the key, which is the signer's. */
export type CopyClaims = Omit<Copy, "key">;

/** The text of `copy.json`, signed. */
export function formatCopy(claims: CopyClaims, key: SigningKey): string {
  const copy = { ...claims, key: key.verifier };
  const text = textOf(copy, "");
  const signature = key.sign(text).slice(text.length + 1, -1);
  return textOf(copy, signature);
}

/** One line for each object, so that a person can read it. */
function textOf({ objects, ...head }: Copy, signature: string): string {
  const members = Object.entries({ format: COPY_FORMAT, ...head }).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  const lines = objects.map((object) => `    ${JSON.stringify(object)}`).join(",\n");
  return `{\n${members.join("")}  "objects": [\n${lines}\n  ],\n${ending(signature)}`;
}

const ending = (signature: string): string => `  "signature": ${JSON.stringify(signature)}\n}\n`;

/**
 * Reads `copy.json`. Whoever has signed it has signed exactly this; whether that is somebody to believe is for the caller to say.
 * @param name of the folder that it lies in: a copy under another name would be an older state that is passed off as a new one
 * @param where for messages
 * @throws SnapshotError when it is not credible, or not what its key has signed
 */
export function parseCopy(text: string, name: string, where: string): Copy {
  const { format: _, signature, ...copy } = checked(text, where);
  const twice = firstTwice([COPY_FILE, ...copy.objects.map((object) => object.name)]);
  if (twice !== undefined) throw wrong(where, `it names ${JSON.stringify(twice)} twice`);
  const misnamed = copy.objects.find((one) => one.encrypted !== undefined && !one.name.endsWith(ENCRYPTED));
  if (misnamed !== undefined)
    throw wrong(where, `${JSON.stringify(misnamed.name)} is encrypted and does not end with ${ENCRYPTED}`);
  requireSignature(text, copy.key, signature, where);
  if (copy.snapshot !== name) throw wrong(where, `it belongs to a copy called ${copy.snapshot}`);
  return copy;
}

/** Whether the holder of a public key is believed. */
export type IsKnown = (key: string) => boolean;

const KEY_LINE = /^ {2}"key": ("[^"\\]*"),$/m;
const SIGNATURE_LINE = /^ {2}"signature": ("[^"\\]*")\n}\n$/m;
/** Longer than the members before the objects, and than the signature. Characters */
export const EDGE = 16 << 10;

/** Its beginning and its end. */
interface Edges {
  readonly head: string;
  readonly tail: string;
}

interface Signer {
  /** The public key. */
  readonly signer: string;
  readonly signature: string;
}

/** Who claims to have signed a large `copy.json`, as far as its edges tell. @throws SnapshotError for nobody who is known */
export function requireSigner({ head, tail }: Edges, where: string, isKnown: IsKnown): Signer {
  const key = KEY_LINE.exec(head)?.[1];
  const signature = SIGNATURE_LINE.exec(tail)?.[1];
  if (key === undefined || signature === undefined)
    throw wrong(where, "it is large, and not written as this program writes it");
  const signer: string = JSON.parse(key);
  if (isKnown(signer)) return { signer, signature: String(JSON.parse(signature)) };
  throw new SnapshotError(`${where}: it is large, and signed with a key that this project does not know`, {
    hint: `If that is who made the copy, add --key '${signer}'.`,
  });
}

/** Proves a large `copy.json` where it lies in memory. @param bytes are changed meanwhile @throws SnapshotError */
export function requireSignedBytes(bytes: Buffer, { signer, signature }: Signer, where: string): void {
  const [end, unsigned] = [Buffer.from(ending(signature)), Buffer.from(ending(""))];
  const at = bytes.length - end.length;
  if (at < 0 || !bytes.subarray(at).equals(end)) throw wrong(where, "its signature is not its last member");
  bytes.set(unsigned, at);
  provingIn(where, () => requireSigned(bytes.subarray(0, at + unsigned.length), signature, signer));
  bytes.set(end, at);
}

function checked(text: string, where: string): v.InferOutput<typeof copySchema> {
  if (textNestsDeeper(text, LEVELS_MAX)) throw wrong(where, `it nests deeper than ${LEVELS_MAX} levels`);
  const value = jsonIn(text, where);
  const known = v.safeParse(v.object({ format: v.number() }), value);
  if (known.success && known.output.format > COPY_FORMAT)
    throw new SnapshotError(
      `${where}: it has format ${known.output.format}, which is newer than this program knows`,
      { hint: "Use a newer contextcore." },
    );
  const parsed = v.safeParse(copySchema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const at = v.getDotPath(issue);
  throw wrong(where, at === null ? issue.message : `${at}: ${issue.message}`);
}

function jsonIn(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong(where, "it is not valid JSON", cause);
  }
}

function requireSignature(text: string, key: string, signature: string, where: string): void {
  const end = ending(signature);
  if (signature !== canonical(signature)) throw wrong(where, "its signature is not written as one is");
  if (!text.endsWith(end)) throw wrong(where, "its signature is not its last member");
  const signed = text.slice(0, -end.length) + ending("");
  provingIn(where, () => openNote(`${signed}\n${signature}\n`, key));
}

function provingIn(where: string, prove: () => unknown): void {
  try {
    prove();
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw wrong(where, `it was changed after it was signed: ${messageOf(cause)}`, cause);
  }
}

/** The same signature has one text only: what is read of Base64 leaves out what does not belong to it. */
function canonical(signature: string): string {
  const [dash, signer, encoded = ""] = signature.split(" ");
  return `${dash} ${signer} ${Buffer.from(encoded, "base64").toString("base64")}`;
}

/** Compared as the least able file system does. */
function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => {
    const key = collisionKey(name);
    const isSecond = seen.has(key);
    seen.add(key);
    return isSecond;
  });
}

const wrong = (where: string, what: string, cause?: unknown): SnapshotError =>
  new SnapshotError(`${where}: ${what}`, { cause });

/** What is called so in the snapshot that a copy is of. */
export const fileIn = ({ name, encrypted }: CopyObject): string =>
  encrypted === undefined ? name : name.slice(0, -ENCRYPTED.length);

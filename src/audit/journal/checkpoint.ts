/**
 * A signed statement of how long a trail was. It uses C2SP's checkpoint format, with the newest event's hash in place of a
 * tree's root hash. Since each event's hash covers the event before, the newest checkpoint proves all events up to it. It is
 * kept beside the trail and in the user's home.
 */
import { dirname, join } from "node:path";
import { cannot, TrailError } from "../format/error.ts";
import type { AuditEvent } from "../format/event.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";
import {
  generateKey,
  NoteError,
  openNote,
  parseSigningKey,
  parseVerifier,
  type SigningKey,
} from "../format/note.ts";
import { makeDirectory, PRIVATE, readIfThere, writeDurably } from "./durable.ts";
import { type Home, openHome } from "./home.ts";

/** What a signed note says of a trail. */
export interface Checkpoint {
  /** The log's name, which is also the key's. */
  readonly origin: string;
  /** The newest event's number. */
  readonly size: number;
  /** Its hash, hex. */
  readonly hash: string;
}

/** `audit.checkpoint`, beside `audit.jsonl`. */
export const checkpointPath = (file: string): string => join(dirname(file), "audit.checkpoint");

/** The key that signs the trail's checkpoints; `undefined` when none was made. @throws TrailError */
export function readSigningKey(home: Home): SigningKey | undefined {
  const { keyFile } = home;
  const text = readIfThere(keyFile, SMALL_BYTES_MAX)?.toString();
  try {
    return text === undefined ? undefined : parseSigningKey(text);
  } catch (cause) {
    throw cannot("use the signing key in", keyFile, cause);
  }
}

/** For which trail to make a key. */
interface KeyRequest {
  readonly file: string;
  readonly home: string;
  readonly project: string;
  readonly host: string;
  /** Replace an existing key. */
  readonly replace: boolean;
}

/** Makes the key that signs this trail's checkpoints from now on. @throws TrailError when a key exists already */
export function makeSigningKey({
  file,
  home,
  project,
  host,
  replace,
}: KeyRequest): SigningKey & { path: string } {
  const { keyFile } = openHome(home, file);
  if (!replace && readIfThere(keyFile, SMALL_BYTES_MAX) !== undefined) {
    throw new TrailError(`a signing key exists already: ${keyFile}`, {
      hint: "--replace makes a new one; checkpoints signed with the old key then need the old public key to verify.",
    });
  }
  const plain = (text: string) => encodeURIComponent(text).replaceAll("+", "%2B");
  const key = generateKey(`contextcore/audit/${plain(host)}/${plain(project)}`);
  makeDirectory(dirname(keyFile), 0o700);
  writeDurably(keyFile, `${key.secret}\n`, PRIVATE);
  return { ...key, path: keyFile };
}

/** Signs the trail up to its newest event, and writes the checkpoint beside it and into the home. @throws TrailError */
export function writeCheckpoint(file: string, home: Home, key: SigningKey, { seq, hash }: AuditEvent): void {
  const note = key.sign(`${key.name}\n${seq}\n${Buffer.from(hash, "hex").toString("base64")}\n`);
  writeDurably(checkpointPath(file), note);
  writeDurably(home.checkpointFile, note, PRIVATE);
}

/**
 * The checkpoint at `path`, with its signature verified; `undefined` when there is none.
 * @param verifier the public key, `NAME+HASH+BASE64`
 * @throws NoteError when it is not what the key's owner signed
 */
export function readCheckpoint(path: string, verifier: string): Checkpoint | undefined {
  const note = readIfThere(path, SMALL_BYTES_MAX)?.toString();
  if (note === undefined) return undefined;
  const [origin = "", size = "", encoded = ""] = openNote(note, verifier).split("\n");
  const hash = Buffer.from(encoded, "base64").toString("hex");
  if (origin !== parseVerifier(verifier).name) throw new NoteError(`it belongs to another log: ${origin}`);
  if (!/^\d+$/.test(size) || hash.length !== 64) throw new NoteError("it is not a checkpoint");
  return { origin, size: Number(size), hash };
}

/**
 * A signed statement of how far a trail had come: C2SP's checkpoint format, with the newest event's hash where a log of
 * another kind has the root of its tree. Since each event covers the one before, the newest checkpoint proves all of
 * them; it is kept beside the trail and in the home.
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
  /** Names the log; the same as the key's name. */
  readonly origin: string;
  /** The newest event's number. */
  readonly size: number;
  /** Its hash, hex. */
  readonly hash: string;
}

/** Beside `audit.jsonl`: `audit.checkpoint`. */
export const checkpointPath = (file: string): string => join(dirname(file), "audit.checkpoint");

/** The key that signs the checkpoints of the trail at `file`; `undefined` when none was made. @throws TrailError */
export function readSigningKey(home: Home): SigningKey | undefined {
  const { keyFile } = home;
  const text = readIfThere(keyFile, SMALL_BYTES_MAX)?.toString();
  try {
    return text === undefined ? undefined : parseSigningKey(text);
  } catch (cause) {
    throw cannot("use the signing key in", keyFile, cause);
  }
}

/** Whose key is to be made. */
export interface KeyRequest {
  readonly file: string;
  readonly home: string;
  readonly project: string;
  readonly host: string;
  /** Put a new key in the place of one that is there. */
  readonly replace: boolean;
}

/** Makes the key that signs this trail's checkpoints from now on. @throws TrailError when there is one already */
export function makeSigningKey({
  file,
  home,
  project,
  host,
  replace,
}: KeyRequest): SigningKey & { path: string } {
  const { keyFile } = openHome(home, file);
  if (!replace && readIfThere(keyFile, SMALL_BYTES_MAX) !== undefined) {
    throw new TrailError(`there is a signing key already: ${keyFile}`, {
      hint: "With --replace a new one takes its place; checkpoints of the old one then need the old public key.",
    });
  }
  const plain = (text: string) => encodeURIComponent(text).replaceAll("+", "%2B");
  const key = generateKey(`contextcore/audit/${plain(host)}/${plain(project)}`);
  makeDirectory(dirname(keyFile), 0o700);
  writeDurably(keyFile, `${key.secret}\n`, PRIVATE);
  return { ...key, path: keyFile };
}

/** Signs how far the trail has come, beside it and in the home. @throws TrailError */
export function writeCheckpoint(file: string, home: Home, key: SigningKey, { seq, hash }: AuditEvent): void {
  const note = key.sign(`${key.name}\n${seq}\n${Buffer.from(hash, "hex").toString("base64")}\n`);
  writeDurably(checkpointPath(file), note);
  writeDurably(home.checkpointFile, note, PRIVATE);
}

/**
 * The checkpoint at `path`, once its signature is proved; `undefined` when there is none.
 * @param verifier the public key, `NAME+HASH+BASE64`
 * @throws NoteError when it is not what the key's holder signed
 */
export function readCheckpoint(path: string, verifier: string): Checkpoint | undefined {
  const note = readIfThere(path, SMALL_BYTES_MAX)?.toString();
  if (note === undefined) return undefined;
  const [origin = "", size = "", encoded = ""] = openNote(note, verifier).split("\n");
  const hash = Buffer.from(encoded, "base64").toString("hex");
  if (origin !== parseVerifier(verifier).name) throw new NoteError(`it is of another log: ${origin}`);
  if (!/^\d+$/.test(size) || hash.length !== 64) throw new NoteError("it is not a checkpoint");
  return { origin, size: Number(size), hash };
}

/**
 * Who was told when the configuration last loaded, for when it does not load any more, or is gone. It is kept as it was written, with
 * variables by name, and sealed with a key in the user's home: what of it is a secret stands in the project in no other place than before.
 */
import type { Database } from "bun:sqlite";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { WrittenConfig } from "../../config/source.ts";
import { entryAt, isThere } from "../../storage/entries.ts";
import { makeOwnDirectory, readOwnText } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { openDatabaseIfThere } from "../database.ts";

/** What of the configuration says who is told, and of what. */
const MEMBERS = ["name", "notify", "ping"] as const;

const CIPHER = "aes-256-gcm";
const [KEY_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 12, 16];

/** Keeps it, where there is a file. @param database that of the service @throws what the home's file system throws */
export function keepLastSettings(database: Database, config: Config): void {
  const { file, fromFile } = config;
  if (file === undefined) return;
  const said = MEMBERS.flatMap((member) => {
    const value = fromFile?.([member]);
    return value === undefined ? [] : [[member, value] as const];
  });
  const text = JSON.stringify(Object.fromEntries(said));
  const key = keyAt(keyPath(config)) ?? newKey(keyPath(config));
  const before = rowIn(database);
  if (before?.file === file && opened(before.sealed, key) === text) return;
  database.run("INSERT OR REPLACE INTO last_settings (id, file, sealed) VALUES (1, ?, ?)", [
    file,
    sealedWith(key, text),
  ]);
}

/**
 * What was kept.
 * @param project whose database is asked
 * @returns `undefined` where no service and no schedule has run with a configuration @throws DatabaseError
 */
export function lastSettings(
  project: string,
  env: Config["env"],
): (Partial<WrittenConfig> & { file: string }) | undefined {
  const database = openDatabaseIfThere(project);
  if (database === undefined) return undefined;
  try {
    const row = rowIn(database);
    const key = keyAt(keyPath({ directory: project, name: "", env }));
    if (row === undefined) return undefined;
    const text = key === undefined ? undefined : opened(row.sealed, key);
    return { file: row.file, ...(text === undefined ? {} : { text }) };
  } finally {
    database.close(true);
  }
}

const rowIn = (database: Database): { readonly file: string; readonly sealed: Uint8Array } | undefined =>
  database.query<{ file: string; sealed: Uint8Array }, []>("SELECT file, sealed FROM last_settings").get() ??
  undefined;

const keyPath = (config: Pick<Config, "directory" | "name" | "env">): string =>
  join(trailPlaces(config).home, "notify.key");

function keyAt(path: string): Buffer | undefined {
  if (!isThere(path)) return undefined;
  const key = Buffer.from(readOwnText(path, 1_000).trim(), "hex");
  return key.length === KEY_BYTES ? key : undefined;
}

/** Of two that make one at once, the first one's counts for both; one that is damaged is replaced. */
function newKey(path: string): Buffer {
  makeOwnDirectory(join(path, ".."), undefined, 0o700);
  const ifAbsent = entryAt(path) === undefined || keyAt(path) !== undefined;
  writeWhole(path, `${randomBytes(KEY_BYTES).toString("hex")}\n`, { mode: 0o600, ifAbsent });
  return keyAt(path) ?? newKey(path);
}

function sealedWith(key: Buffer, text: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** `undefined`: it was sealed with another key, or is damaged. */
function opened(sealed: Uint8Array, key: Buffer): string | undefined {
  const bytes = Buffer.from(sealed);
  try {
    const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES));
    cipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([cipher.update(body), cipher.final()]).toString();
  } catch {
    return undefined;
  }
}

/** `contextcore.lock`: which files of third-party plugins may be loaded, by the plugins' names in the configuration. */
import { join } from "node:path";
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { DeclarationError } from "../plugin/declaration.ts";
import type { TrustedFile } from "./files.ts";

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "is not a SHA-256"));

const lockSchema = v.strictObject({
  version: v.literal(1, "is not version 1: it was written by another contextcore"),
  plugins: objectOf(
    v.strictObject({
      name: v.string(),
      version: v.optional(v.string()),
      hosts: v.optional(v.array(v.string())),
      uses: v.array(v.string()),
      hash,
      files: objectOf(v.strictObject({ hash, bytes: v.number() })),
    }),
  ),
});

/** What was trusted of one plugin: only these files, each with this hash, are loaded. */
export interface LockEntry {
  /** The plugin's name for itself when it was trusted. */
  readonly name: string;
  readonly version?: string | undefined;
  readonly hosts?: readonly string[] | undefined;
  /** What its code used beyond the contract. */
  readonly uses: readonly string[];
  /** Hash of all its files. */
  readonly hash: string;
  readonly files: Readonly<Record<string, TrustedFile>>;
}

/** The lock is unusable, so that nothing is trusted. */
export class LockError extends DeclarationError {}

/** By the names under `plugins` in the configuration. */
export type PluginLock = Readonly<Record<string, LockEntry>>;

/** The path of a project's lock. @param directory of the configuration */
const lockPath = (directory: string): string => join(directory, "contextcore.lock");

/** Each file of each plugin takes some 150 bytes. */
const BYTES_MAX = 16 << 20;

/** What a project trusts; nothing when there is no lock. @throws LockError when it cannot be read */
export function readLock(directory: string): PluginLock {
  const path = lockPath(directory);
  let text: string;
  try {
    text = readOwnText(path, BYTES_MAX);
  } catch (error) {
    if (error instanceof UnsafeFileError) throw new LockError(error.message, error.hint);
    if (isMissing(error)) return {};
    throw error;
  }
  return parseLock(text, path);
}

function parseLock(text: string, path: string): PluginLock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LockError(
      `${path} is not JSON`,
      "Restore it from version control, or delete it and add the plugins again.",
    );
  }
  const checked = v.safeParse(lockSchema, value);
  if (checked.success) return checked.output.plugins;
  const [issue] = checked.issues;
  throw new LockError(`${path}: ${v.getDotPath(issue) ?? "it"} ${issue.message}`);
}

/** Replaces the lock atomically. */
export function writeLock(directory: string, lock: PluginLock): void {
  const plugins = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ version: 1, plugins }, undefined, 2)}\n`;
  writeWhole(lockPath(directory), text, { keepsMode: true });
}

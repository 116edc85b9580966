/** `contextcore.lock`: which files of third parties may be loaded, by what the configuration calls them. */
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

export interface LockEntry {
  /** What the plugin called itself when it was trusted. */
  readonly name: string;
  readonly version?: string | undefined;
  readonly hosts?: readonly string[] | undefined;
  /** What its code reached for. */
  readonly uses: readonly string[];
  /** Of all its files. */
  readonly hash: string;
  readonly files: Readonly<Record<string, TrustedFile>>;
}

/** Nobody can tell what is trusted, so that nothing is. */
export class LockError extends DeclarationError {}

/** By what `plugins` in the configuration calls each. */
export type PluginLock = Readonly<Record<string, LockEntry>>;

/** Where the lock of a project lies. @param directory that of its configuration */
const lockPath = (directory: string): string => join(directory, "contextcore.lock");

/** Some 150 bytes for each file of each plugin. */
const BYTES_MAX = 16 << 20;

/** What is trusted in a project; nothing when there is no lock. @throws LockError when it cannot be read */
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

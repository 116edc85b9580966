import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isObjectName, type StoredObject, systemCode } from "contextcore";
import { classified, ifThere } from "./errors.ts";
import { isFreeName, statusOf } from "./look.ts";

/** Every object whose name begins with `prefix`. Links, litter and unfinished files are passed over. */
export async function* filesBelow(
  root: string,
  prefix: string,
  signal: AbortSignal,
  below = "",
): AsyncGenerator<StoredObject> {
  const entries = await classified(root, () => entriesOf(root, below));
  for (const entry of entries) {
    signal.throwIfAborted();
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (!isObjectName(name) || !isFreeName(name)) continue;
    if (entry.isDirectory()) {
      if (mayHold(name, prefix)) yield* filesBelow(root, prefix, signal, name);
    } else if (name.startsWith(prefix)) {
      const found = await classified(root, () => statusOf(root, name));
      if (found !== undefined) yield found;
    }
  }
}

/** Whether names below this directory may begin with the prefix. */
const mayHold = (directory: string, prefix: string): boolean =>
  prefix.startsWith(`${directory}/`) || `${directory}/`.startsWith(prefix);

/** Of a directory that is not there, none: it may just have been removed. @throws the system's error when the root is none */
async function entriesOf(root: string, below: string): Promise<readonly Dirent[]> {
  const found = await ifThere(readdir(join(root, below), { withFileTypes: true }));
  if (found === undefined && below === "") await requireNoFile(root);
  return found ?? [];
}

/** A file of that name would pass for an empty directory. */
async function requireNoFile(root: string): Promise<void> {
  await readdir(root).catch((error) => {
    if (systemCode(error) === "ENOTDIR") throw error;
  });
}

/** `.contextcore/erased.key`: the key of this project's tombstones, in hex, its owner's alone. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { isThere } from "../../storage/entries.ts";
import { readOwnText, requireOwnFile } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { TombstoneError } from "./error.ts";
import { KEY_BYTES } from "./tag.ts";

const MODE = 0o600;
const TEXT = new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}\\n?$`);

/** The key, which is made if there is none. @param folder `.contextcore` @throws TombstoneError; UnsafeFileError */
export function madeKey(folder: string): Uint8Array {
  const path = keyPath(folder);
  if (!isThere(path))
    writeWhole(path, `${randomBytes(KEY_BYTES).toString("hex")}\n`, { mode: MODE, ifAbsent: true });
  return readKey(folder);
}

/** The key. @throws TombstoneError when there is none, or it is none; UnsafeFileError when others may read it */
export function readKey(folder: string): Uint8Array {
  const path = keyPath(folder);
  if (!isThere(path))
    throw new TombstoneError(
      `${path} is gone: without it nobody can tell which records were erased`,
      "bring it back from a backup of the project",
    );
  requireOwnFile(path, MODE);
  const text = readOwnText(path, 4 * KEY_BYTES);
  if (TEXT.test(text)) return Buffer.from(text.trim(), "hex");
  throw new TombstoneError(
    `${path} is damaged: it is not the key of the tombstones`,
    "bring it back from a backup of the project",
  );
}

const keyPath = (folder: string): string => join(folder, "erased.key");

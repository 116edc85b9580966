import { basename, dirname } from "node:path";
import type { Lock } from "../../storage/lock.ts";
import { SnapshotError } from "../format/errors.ts";
import { openDirectory } from "./disk.ts";

/**
 * Takes the lock of an unfinished snapshot, so that two processes never write it. Releasing it removes its file.
 * @throws SnapshotError when another process holds it, or its file cannot be created.
 */
export function takeLock(path: string): Lock {
  const lock = openDirectory(dirname(path)).lock(basename(path), { isRemoved: true });
  if (lock === undefined)
    throw new SnapshotError(`${path}: another export is writing this snapshot`, {
      hint: "Wait for it to end, or stop it.",
    });
  return lock;
}

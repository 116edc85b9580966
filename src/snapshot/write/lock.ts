import { rmSync } from "node:fs";
import { openLockFile } from "../../storage/lock-file.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { SnapshotError } from "../format/errors.ts";
import { writeFailure } from "./disk.ts";

/** A lock that the system takes away when its process ends, however it ends. */
export interface Lock {
  /** Lets go and removes the lock's file. */
  release(): void;
}

/**
 * Takes the lock of an unfinished snapshot, so that two processes never write it.
 * @throws SnapshotError when another process holds it, or its file cannot be made.
 */
export function takeLock(path: string): Lock {
  let database: ReturnType<typeof openLockFile> | undefined;
  try {
    database = openLockFile(path);
    database.run("BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    if (cause instanceof UnsafeFileError) throw writeFailure(path, cause);
    throw new SnapshotError(`${path}: another export is writing this snapshot`, {
      cause,
      hint: "Wait for it to end, or stop it.",
    });
  }
  return {
    release() {
      database?.close();
      rmSync(path, { force: true });
    },
  };
}

/** The directory of a snapshot or restore being written. System errors become messages that say what to do. */
import { localStorage } from "../../storage/local.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { SnapshotError } from "../format/errors.ts";

/** @param directory need not exist yet; its writing methods throw a {@link SnapshotError} */
export const openDirectory = (directory: string): Storage => localStorage(directory, writeFailure);

/** The same for a restore, whose directory no flag can change. */
export const openRestoreDirectory = (directory: string): Storage =>
  localStorage(directory, (path, error) => failureOf(path, error, {}));

const INSTEAD = { place: "choose another directory with -o", size: "use --max-file-size" } as const;

/** A failed write as an error for people. */
export const writeFailure = (path: string, error: unknown): Error => failureOf(path, error, INSTEAD);

function failureOf(path: string, error: unknown, instead: Partial<typeof INSTEAD>): Error {
  if (error instanceof SnapshotError) return error;
  const { message, ...more } = fileFailure("write", path, error, {
    purpose: "write",
    isMaking: true,
    instead,
  });
  return new SnapshotError(message, more);
}

/** The directory of a snapshot, or of a restore, that is written: what the system refuses is said with what to do. */
import { localStorage } from "../../storage/local.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { SnapshotError } from "../format/errors.ts";

/** @param directory need not be there yet; what its methods that write throw is a {@link SnapshotError} */
export const openDirectory = (directory: string): Storage => localStorage(directory, writeFailure);

/** The same of a restore: where that is kept no flag says. */
export const openRestoreDirectory = (directory: string): Storage =>
  localStorage(directory, (path, error) => failureOf(path, error, {}));

const INSTEAD = { place: "choose another directory with -o", size: "use --max-file-size" } as const;

/** A failed write as a person reads it. */
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

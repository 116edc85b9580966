/** The directory of a snapshot, or of a restore, that is written: what the system refuses is said with what to do. */
import { localStorage } from "../../storage/local.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { SnapshotError } from "../format/errors.ts";

/** @param directory need not be there yet; what its methods that write throw is a {@link SnapshotError} */
export const openDirectory = (directory: string): Storage => localStorage(directory, writeFailure);

const INSTEAD = { place: "choose another directory with -o", size: "use --max-file-size" } as const;

/** A failed write as a person reads it. */
export function writeFailure(path: string, error: unknown): Error {
  if (error instanceof SnapshotError) return error;
  const options = { purpose: "write", isMaking: true, instead: INSTEAD } as const;
  const { message, ...more } = fileFailure("write", path, error, options);
  return new SnapshotError(message, more);
}

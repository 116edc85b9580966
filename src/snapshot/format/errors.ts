import { given } from "../../units/given.ts";

/** What to do about it, and what led to it. */
interface SnapshotErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A snapshot, or a directory of snapshots, cannot be read or written. The message names the file. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  readonly hint: string | undefined;

  constructor(message: string, options: SnapshotErrorOptions = {}) {
    super(message, given({ cause: options.cause }));
    this.hint = options.hint;
  }
}

/** A snapshot lies in a place that is not open now, so nothing of it is known. */
export class NotOpenError extends SnapshotError {}

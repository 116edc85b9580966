export interface SnapshotErrorOptions {
  /** What the reader can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A snapshot, or a directory of them, that cannot be read or written as asked. The message names the file. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  readonly hint: string | undefined;

  constructor(message: string, options: SnapshotErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** The system's own code (`ENOENT`, `ENOSPC`) of a failed file operation. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

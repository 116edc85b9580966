import { UnsafeFileError } from "../../storage/unsafe-file.ts";

/** The trail cannot do what was asked: an event could not be made durable, or a file of it cannot be read. */
export class TrailError extends Error {
  override readonly name = "TrailError";
  /** What the reader can do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space and try again.",
  EDQUOT: "The disk quota is used up: free some space and try again.",
  EFBIG: "The file may not grow further: look at the limits (`ulimit -f`) of this shell.",
  EROFS: "The file system is mounted read-only.",
  EACCES: "Give this user write permission there.",
  EPERM: "Give this user write permission there.",
  ENOTDIR: "Something that is not a directory stands in the way: move it.",
  EEXIST: "Something that is not a directory stands in the way: move it.",
  EISDIR: "A directory stands where the file should be: move it.",
};

/** The system's reason as a sentence of ours: which file, why, and what to do. @param doing a verb: `read`, `write to` */
export function cannot(doing: string, path: string, cause: unknown): TrailError {
  const code = codeOf(cause);
  if (cause instanceof UnsafeFileError) {
    const reason = cause.path === path ? `it ${cause.what}` : cause.message;
    return new TrailError(`cannot ${doing} ${path}: ${reason}`, { hint: cause.hint, cause });
  }
  const isDenied = code === "EACCES" || code === "EPERM";
  const isReading = /^(read|use)\b/.test(doing);
  const hint = isDenied && isReading ? "Give this user the right to read it." : HINTS[code ?? ""];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TrailError(
    `cannot ${doing} ${path}: ${reason}`,
    hint === undefined ? { cause } : { hint, cause },
  );
}

/** `ENOENT` and its like, where the error has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

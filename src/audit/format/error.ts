import { fileFailure } from "../../storage/refusal.ts";
import { given } from "../../units/given.ts";

/** The trail cannot do what was asked: an event could not be made durable, or a file of it cannot be read. */
export class TrailError extends Error {
  override readonly name = "TrailError";
  /** What the user can do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, given({ cause: options.cause }));
    this.hint = options.hint;
  }
}

/** Turns a system error into a sentence: which file, why, and what to do. @param doing a verb: `read`, `write to` */
export function cannot(doing: string, path: string, cause: unknown): TrailError {
  const purpose = /^(read|use)\b/.test(doing) ? "read" : "write";
  const { message, ...more } = fileFailure(doing, path, cause, { purpose, isMaking: doing === "make" });
  return new TrailError(message, more);
}

/** System errors in words for people: `ENOENT: no such file or directory, mkdir '/proc/x'` helps nobody. */
import { messageOf } from "../units/message-of.ts";
import { type RefusalOptions, systemRefusal } from "../units/system-refusal.ts";
import { UnsafeFileError } from "./unsafe-file.ts";

/** Message and hint about a file that could not be used, for our error classes. */
export interface FileFailure {
  readonly message: string;
  readonly hint?: string;
  readonly cause: unknown;
}

/** `cannot write PATH: the disk is full`, and what to do. @param doing a verb: `read`, `write to` */
export function fileFailure(
  doing: string,
  path: string,
  cause: unknown,
  options: RefusalOptions = {},
): FileFailure {
  const said = (reason: string): string => `cannot ${doing} ${path}: ${reason}`;
  if (cause instanceof UnsafeFileError) {
    const reason = cause.path === path ? `it ${cause.what}` : cause.message;
    return { message: said(reason), hint: cause.hint, cause };
  }
  const refusal = systemRefusal(cause, options);
  if (refusal === undefined) return { message: said(messageOf(cause)), cause };
  const hint = sentence(refusal.remedies.join(", or "));
  return { message: said(refusal.what), ...(hint === "" ? {} : { hint }), cause };
}

const sentence = (words: string): string =>
  words === "" ? "" : `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

import { given } from "../../units/given.ts";

/** Something about encryption failed: a key is not one, or bytes are not what was encrypted. The message names no secret. */
export class AgeError extends Error {
  override readonly name = "AgeError";
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, given({ cause: options.cause }));
    this.hint = options.hint;
  }
}

/** It is encrypted to others, and may be whole. */
export class OtherIdentityError extends AgeError {}

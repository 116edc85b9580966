/** It cannot be told which records were erased. Exit code 1; what restores is refused for it. */
export class TombstoneError extends Error {
  override readonly name = "TombstoneError";
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** What ends a task before anything is done. */

/** What was asked for does not fit. Nothing has run. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Safety says no. Exit code 4. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

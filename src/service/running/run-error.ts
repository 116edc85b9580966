/** A run cannot be what was asked of it. */
export class RunError extends Error {
  override readonly name = "RunError";
  /** `unknown`: there is none. `conflict`: it is not in the state for that. `busy`: too much goes on; later it may do. */
  readonly why: "unknown" | "conflict" | "busy";
  readonly hint: string | undefined;

  constructor(why: RunError["why"], message: string, hint?: string) {
    super(message);
    this.why = why;
    this.hint = hint;
  }
}

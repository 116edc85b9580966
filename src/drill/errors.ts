/** Why the data of a backend is not restored. */

/** There is nothing to restore into: the drill is owed. */
export class NoTargetError extends Error {
  override readonly name = "NoTargetError";
}

/** The target may be somebody's, so nothing is written to it. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

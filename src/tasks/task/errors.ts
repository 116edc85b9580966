/** Errors that end a task before it does anything. */
import type { NewEvent } from "../../audit/format/event.ts";
import type { Distrust } from "../../snapshot/catalog/kept.ts";

/** The request is wrong, and nothing has run. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A copy is encrypted, and no identity was named that opens it. Exit code 2. */
export class SealedError extends UsageError {
  constructor() {
    super("this copy is encrypted", "name the identity that opens it: --identity FILE");
  }
}

/** Refused for safety. Exit code 4. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** The second line, if there is one, is a command to copy. */
  readonly hint: string | readonly string[] | undefined;
  /** What the trail records about it; absent: nothing. */
  readonly recorded: NewEvent["details"] | undefined;

  constructor(message: string, hint?: RefusedError["hint"], recorded?: NewEvent["details"]) {
    super(message);
    this.hint = hint;
    this.recorded = recorded;
  }
}

/** A question was abandoned with Ctrl-C or Escape. Exit code 130. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}

/** A copy is signed, but nobody has said that its signer is to be believed. Exit code 4. */
export class UnknownSignerError extends RefusedError implements Distrust {
  readonly isDistrust = true;
  /** The public key. */
  readonly key: string;

  constructor(snapshot: string, key: string) {
    super(`the copy of ${snapshot} is signed with a key that this project does not know`, [
      "compare it with the public key that contextcore audit keygen printed where the copy was made; if it is the same, add --key",
      key,
    ]);
    this.key = key;
  }
}

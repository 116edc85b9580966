/** What ends a task before anything is done. */
import type { NewEvent } from "../audit/format/event.ts";

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
  /** What the trail keeps of it; absent: the trail does not hear of it. */
  readonly recorded: NewEvent["details"] | undefined;

  constructor(message: string, hint?: string, recorded?: NewEvent["details"]) {
    super(message);
    this.hint = hint;
    this.recorded = recorded;
  }
}

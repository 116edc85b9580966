/** The reason of the aborted signal: somebody wants the work to end; the message says who. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** The reason of the aborted signal: what runs the work ends, whether anybody wants the work to end or not. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** The reason of the aborted signal. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  /** Which signal it was, to be passed on. */
  readonly signalName: NodeJS.Signals;

  constructor(signalName: NodeJS.Signals) {
    super(`interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}

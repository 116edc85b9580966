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

/** A request of a person cannot be kept, or not be read. Exit code 1. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

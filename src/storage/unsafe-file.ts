/** Something unsafe is in place of one of our files; it is never opened, followed or written to. */
export class UnsafeFileError extends Error {
  override readonly name = "UnsafeFileError";
  readonly code = "EUNSAFE";
  readonly hint: string;
  /** What is unsafe: the file, or a directory on the way to it. */
  readonly path: string;
  /** Why, as the rest of a sentence about it. */
  readonly what: string;

  constructor(path: string, what: string, hint = "Check what it is, then move it away.") {
    super(`${path} ${what}`);
    this.hint = hint;
    this.path = path;
    this.what = what;
  }
}

/** One thing that people are told about a server, a plan, a snapshot or a trail. */
export interface Diagnostic<Severity extends string = string> {
  /** How much it matters. */
  readonly severity: Severity;
  /** What it is about: the name of a backend, a file, a line of it. */
  readonly subject: string;
  /** What is so: one sentence, or a few. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
}

/** One thing that the doctor looked at. */
export interface Finding {
  /** What it is about: `binary`, `configuration`, `agreement`, a backend's or a sink's name, `disk`, `trail`, `destroy`, `clock`. */
  readonly about: string;
  /**
   * `note`: worth knowing before an export or a restore. `warning`: it works, and will bite. `problem`: something does not
   * work.
   */
  readonly state: "ok" | "note" | "warning" | "problem";
  /** One sentence. */
  readonly what: string;
  /** What to do, one sentence. */
  readonly hint?: string;
}

/** A finding from an error that was caught; its own hint says what to do. */
export function problemOf(about: string, error: unknown): Finding {
  const what = error instanceof Error ? error.message : String(error);
  const hint =
    error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { about, state: "problem", what, ...(hint === undefined ? {} : { hint }) };
}

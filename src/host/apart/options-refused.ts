import type { OptionIssue } from "../../config/issues.ts";

/** Options that the plugin itself refuses. */
export class OptionsRefused extends Error {
  override readonly name = "OptionsRefused";
  readonly issues: readonly OptionIssue[];

  constructor(issues: readonly OptionIssue[]) {
    super(issues[0]?.message ?? "its options do not fit");
    this.issues = issues;
  }
}

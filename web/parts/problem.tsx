import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem.ts";
import { Name } from "./name.tsx";

/** How bad it is. */
export type Severity = "error" | "warning" | "info" | "good";

const SIGNS: Readonly<Record<Severity, string>> = { error: "✕", warning: "!", info: "i", good: "✓" };
const WORDS: Readonly<Record<Severity, string>> = {
  error: "Error",
  warning: "Warning",
  info: "Note",
  good: "Good",
};

/** Says something about what is shown: what happened, and what to do. The sign says it to whoever sees no colours. */
export const Notice = ({
  severity,
  children,
  isUrgent = false,
}: {
  readonly severity: Severity;
  readonly children: ComponentChildren;
  /** A screen reader says it at once. */
  readonly isUrgent?: boolean;
}) => (
  <div class={`notice ${severity}`} {...(isUrgent ? { role: "alert" } : {})}>
    <span class="notice-sign" aria-hidden="true">
      {SIGNS[severity]}
    </span>
    <div>
      <span class="unseen">{WORDS[severity]}: </span>
      {children}
    </div>
  </div>
);

/** What the service refused or could not do. @param again what tries it once more */
export const ProblemNotice = ({
  problem,
  again,
}: {
  readonly problem: Problem;
  readonly again?: (() => void) | undefined;
}) => (
  <Notice severity="error" isUrgent>
    <p>
      <Name text={problem.message} />
    </p>
    {problem.hint !== undefined && (
      <p class="faint">
        <Name text={problem.hint} />
      </p>
    )}
    {problem.request !== undefined && problem.status >= 500 && (
      <p class="faint">
        The log has more under <code>{problem.request}</code>.
      </p>
    )}
    {again !== undefined && (
      <button type="button" onClick={again}>
        Try again
      </button>
    )}
  </Notice>
);

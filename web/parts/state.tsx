import type { Severity } from "./problem.tsx";

/** How the words that things end with are meant. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  success: "good",
  complete: "good",
  sound: "good",
  ok: "good",
  proved: "good",
  rehearsed: "info",
  owed: "warning",
  different: "error",
  answered: "good",
  partial: "warning",
  cancelled: "warning",
  interrupted: "warning",
  awaiting: "warning",
  "not-started": "error",
  failed: "error",
  refused: "error",
  error: "error",
};

/** A state or an outcome in a word, with its colour and a sign. */
export function State({ word }: { readonly word: string }) {
  const severity = SEVERITIES[word] ?? "info";
  return (
    <span class={`state ${severity}`}>
      <i aria-hidden="true" />
      {word.replace("-", " ")}
    </span>
  );
}

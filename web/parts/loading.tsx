import type { ComponentChildren } from "preact";
import type { Answer } from "../api/answer.ts";
import { ProblemNotice } from "./problem.tsx";

/** Shows an answer once it is there; that it comes; why it does not. What was there before stays beside a problem. */
export function Loading<Value>({
  of: { value, problem, again },
  children,
  what,
}: {
  readonly of: Answer<Value>;
  readonly children: (value: Value) => ComponentChildren;
  /** What is being loaded, where that takes long: `Asking the servers`. */
  readonly what?: string;
}) {
  return (
    <>
      {problem !== undefined && <ProblemNotice problem={problem} again={again} />}
      {value !== undefined && children(value)}
      {value === undefined && problem === undefined && (
        <p class="loading" role="status">
          {what ?? "Loading"}…
        </p>
      )}
    </>
  );
}

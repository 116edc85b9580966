import { useState } from "preact/hooks";
import { useAnswer } from "../api/answer.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import { signOut, standing } from "../api/session.ts";
import { Name } from "../parts/name.tsx";
import { ProblemNotice } from "../parts/problem.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** The bar at the top: whose page it is, who reads it, and how it looks. */
export function Header() {
  const [problem, setProblem] = useState<Problem>();
  const present = standing.value;
  const leave = (): void => void signOut().catch((error: unknown) => setProblem(problemOf(error)));
  return (
    <header class="bar">
      <a class="brand" href="/" aria-label="contextcore, overview">
        <Mark />
        <span>contextcore</span>
      </a>
      <StackName />
      <div class="bar-end">
        {present.state === "signed-in" && (
          <span class="who">
            <Name text={present.session.name} /> <span class="tag">{present.session.role}</span>
          </span>
        )}
        <ThemeSwitch />
        <button type="button" class="quiet" onClick={leave}>
          Sign out
        </button>
      </div>
      {problem !== undefined && <ProblemNotice problem={problem} />}
    </header>
  );
}

/** Whose data it is: who looks after several stacks must not take one for another. */
function StackName() {
  const settings = useAnswer("/api/v1/settings");
  const name = settings.value?.settings.find(({ key }) => key === "name")?.value;
  if (typeof name !== "string") return null;
  return (
    <span class="stack" title="The stack">
      <Name text={name} />
    </span>
  );
}

/** The program's mark. */
export const Mark = () => (
  <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
    <rect width="32" height="32" rx="7" class="mark-ground" />
    <path d="M22.5 11.2a8 8 0 1 0 0 9.6" class="mark-line" />
    <circle cx="16" cy="16" r="2.6" class="mark-dot" />
  </svg>
);

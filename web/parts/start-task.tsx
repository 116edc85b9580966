import { useState } from "preact/hooks";
import { useAnswer } from "../api/answer.ts";
import { send } from "../api/ask.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import { go, href } from "../routing/address.ts";
import { ProblemNotice } from "./problem.tsx";

/** Starts a task, and goes where it can be watched. @throws Problem */
export async function startTask(
  kind: string,
  params: Readonly<Record<string, unknown>> = {},
  isPlanFirst = false,
): Promise<void> {
  const { id } = await send("/api/v1/tasks", { kind, params, ...(isPlanFirst ? { plan: true } : {}) });
  go(href("/tasks/:id", { id }));
}

/** One button that starts a task; who may not run it sees why. */
export function StartButton({
  kind,
  params = {},
  label,
  isPrimary = false,
  isReady = true,
}: {
  readonly kind: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly isPrimary?: boolean;
  /** What it is told is known. */
  readonly isReady?: boolean;
}) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const isAllowed = useAllowed(kind);
  const start = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    await startTask(kind, params).catch((error: unknown) => setProblem(problemOf(error)));
    setBusy(false);
  };
  return (
    <>
      {problem !== undefined && <ProblemNotice problem={problem} />}
      <button
        type="button"
        class={isPrimary ? "primary" : undefined}
        disabled={isBusy || !isAllowed || !isReady}
        title={isAllowed ? undefined : `You may not run ${kind}: the configuration’s permissions say who may`}
        onClick={() => void start()}
      >
        {label}
      </button>
    </>
  );
}

/** Whether the reader may run this kind of task; false as long as that is not known. */
export function useAllowed(kind: string): boolean {
  const kinds = useAnswer("/api/v1/kinds");
  return kinds.value?.kinds.some((one) => one.kind === kind && one.allowed) ?? false;
}

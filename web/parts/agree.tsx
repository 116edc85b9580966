import { useId, useState } from "preact/hooks";
import { counted } from "../../src/units/words.ts";
import { send } from "../api/ask.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import type { Task } from "../api/shapes.ts";
import { Name } from "./name.tsx";
import { Notice, ProblemNotice } from "./problem.tsx";
import { type Column, Table } from "./table.tsx";
import { Value } from "./value.tsx";

type Plan = NonNullable<Task["plan"]>;
type Target = Plan["targets"][number];

const COLUMNS: readonly Column<Target>[] = [
  { key: "kind", title: "What", cell: ({ kind }) => kind, order: ({ kind }) => kind },
  { key: "name", title: "Name", cell: ({ name }) => <Name text={name} />, order: ({ name }) => name },
  { key: "identity", title: "Identity", cell: ({ identity }) => <Name text={identity} /> },
];

/** What a reader has to type to agree: short, and never typed by habit, since it says how much is meant. */
const agreement = (kind: string, { targetsTotal }: Plan): string => `${kind} ${targetsTotal}`;

/**
 * What a task would do, and the agreement to that very plan: typed where something is deleted or overwritten, a click where not.
 * @param onChange called once it was agreed to or declined
 */
export function AgreeToPlan({
  task,
  plan,
  isDestructive,
  isAllowed,
  onChange,
}: {
  readonly task: Task;
  readonly plan: Plan;
  readonly isDestructive: boolean;
  readonly isAllowed: boolean;
  readonly onChange: () => void;
}) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const act = async (what: "agree" | "cancel"): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const body = what === "agree" ? { sha256: plan.sha256 } : undefined;
    await send(`/api/v1/tasks/${encodeURIComponent(task.id)}/${what}`, body).catch((error: unknown) =>
      setProblem(problemOf(error)),
    );
    setBusy(false);
    onChange();
  };
  return (
    <div class="agree">
      <PlanTargets plan={plan} />
      {plan.shown !== undefined && (
        <details open={!isDestructive}>
          <summary>The plan in full</summary>
          <Value value={plan.shown} />
        </details>
      )}
      {!plan.whole && (
        <Notice severity="warning">
          This plan is too large to be shown, so it cannot be agreed to here. Narrow the task down, or run it
          on the command line.
        </Notice>
      )}
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {isAllowed ? (
        <Agreement
          words={isDestructive ? agreement(task.kind, plan) : ""}
          isReady={plan.whole && !isBusy}
          onAgree={() => void act("agree")}
          onDecline={() => void act("cancel")}
        />
      ) : (
        <Notice severity="info">
          You may look at this plan, and not agree to it: <code>permissions</code> in the configuration say
          who may.
        </Notice>
      )}
    </div>
  );
}

/** What the plan touches. */
export function PlanTargets({ plan }: { readonly plan: Plan }) {
  const { targets, targetsTotal } = plan;
  if (targetsTotal === 0) return <p>Nothing would be changed.</p>;
  return (
    <>
      <p>
        {counted(targetsTotal, "target")}
        {targets.length < targetsTotal &&
          `, of which the first ${targets.length.toLocaleString("en")} are listed`}
        :
      </p>
      <Table
        label="Targets of the plan"
        name="target-"
        columns={COLUMNS}
        rows={targets}
        keyOf={({ kind, name, identity }) => `${kind} ${name} ${identity}`}
      />
    </>
  );
}

function Agreement({
  words,
  isReady,
  onAgree,
  onDecline,
}: {
  /** What has to be typed; "" for nothing. */
  readonly words: string;
  readonly isReady: boolean;
  readonly onAgree: () => void;
  readonly onDecline: () => void;
}) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const fits = words === "" || typed.trim() === words;
  return (
    <form
      class="agreement"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits && isReady) onAgree();
      }}
    >
      {words !== "" && (
        <>
          <label for={id}>
            This deletes or overwrites. To agree, type <code>{words}</code>
          </label>
          <input
            id={id}
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </>
      )}
      <div class="buttons">
        <button type="submit" class={words === "" ? "primary" : "danger"} disabled={!fits || !isReady}>
          Carry out this plan
        </button>
        <button type="button" onClick={onDecline}>
          Decline
        </button>
      </div>
    </form>
  );
}

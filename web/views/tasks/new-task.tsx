import { useState } from "preact/hooks";
import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import type { TaskKind, TaskParam } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice, ProblemNotice } from "../../parts/problem.tsx";
import { startTask } from "../../parts/start-task.tsx";
import { asked, askFor } from "../../routing/address.ts";
import type { ViewProps } from "../../routing/view-props.ts";
import { Field } from "./field.tsx";
import { objections, paramsOf } from "./form.ts";

/** A form for any kind of task, made from what it can be told. */
export default function NewTaskView({ params: { kind = "" } }: ViewProps) {
  const kinds = useAnswer("/api/v1/kinds");
  return (
    <Loading of={kinds}>
      {({ kinds: all }) => {
        const found = all.find((one) => one.kind === kind);
        return found === undefined ? (
          <Empty title={`No task is called ${visible(kind)}.`}>
            <a href="/tasks">All tasks that there are</a>
          </Empty>
        ) : (
          <TaskForm kind={found} />
        );
      }}
    </Loading>
  );
}

function TaskForm({ kind }: { readonly kind: TaskKind }) {
  // Secrets stand in no address.
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  const [isPlanFirst, setPlanFirst] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const given = ({ name, secret }: TaskParam): string => (secret ? (secrets[name] ?? "") : asked(name));
  const change = ({ name, secret }: TaskParam, value: string): void =>
    secret ? setSecrets({ ...secrets, [name]: value }) : askFor({ [name]: value });
  const values = Object.fromEntries(kind.parameters.map((param) => [param.name, given(param)]));
  const wrong = objections(kind, values);
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    await startTask(kind.kind, paramsOf(kind, values), isPlanFirst).catch((error: unknown) =>
      setProblem(problemOf(error)),
    );
    setBusy(false);
  };
  return (
    <>
      <ViewHead title={kind.kind} />
      <Panel title={`${kind.about.charAt(0).toUpperCase()}${kind.about.slice(1)}`}>
        <form class="form" onSubmit={(event) => void start(event)}>
          {kind.parameters.map((param) => (
            <Field
              key={param.name}
              param={param}
              value={given(param)}
              onChange={(value) => change(param, value)}
            />
          ))}
          {kind.parameters.length === 0 && <p>There is nothing to choose.</p>}
          {!kind.destructive && (
            <label class="tick">
              <input
                type="checkbox"
                checked={isPlanFirst}
                onChange={({ currentTarget }) => setPlanFirst(currentTarget.checked)}
              />{" "}
              Show the plan first, and wait for my agreement
            </label>
          )}
          {wrong.map((text) => (
            <Notice key={text} severity="warning">
              {text}
            </Notice>
          ))}
          {problem !== undefined && <ProblemNotice problem={problem} />}
          {!kind.allowed && (
            <Notice severity="info">
              You may not run this task: <code>permissions</code> in the configuration say who may.
            </Notice>
          )}
          <div class="buttons">
            <button type="submit" class="primary" disabled={isBusy || !kind.allowed || wrong.length > 0}>
              {kind.destructive || isPlanFirst ? "Make the plan" : "Start"}
            </button>
          </div>
          {kind.destructive && (
            <p class="faint">
              Nothing is deleted or overwritten yet: its plan is shown first, and waits for your agreement.
            </p>
          )}
        </form>
      </Panel>
    </>
  );
}

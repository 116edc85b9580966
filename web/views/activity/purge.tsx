import { useId, useState } from "preact/hooks";
import { useAnswer } from "../../api/answer.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import { Panel } from "../../parts/panel.tsx";
import { ProblemNotice } from "../../parts/problem.tsx";
import { startTask, useAllowed } from "../../parts/start-task.tsx";

/** How long runs are kept, and the removal of older ones: what would go is shown and counted first. */
export function Purge() {
  const id = useId();
  const settings = useAnswer("/api/v1/settings").value?.settings;
  const kept = settings?.find(({ key }) => key === "activity.retention")?.value;
  const [days, setDays] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const isAllowed = useAllowed("activity_purge");
  const asked = days === "" ? String(kept ?? 30) : days;
  const plan = (event: Event): void => {
    event.preventDefault();
    setProblem(undefined);
    void startTask("activity_purge", { "older-than": `${asked}d` }, true).catch((error: unknown) =>
      setProblem(problemOf(error)),
    );
  };
  return (
    <Panel title="How long runs are kept" wide>
      <p>
        Runs are kept for {String(kept ?? 30)} days (<code>activity.retention</code>); a schedule with the
        task <code>activity_purge</code> removes older ones. What is removed is gone for good.
      </p>
      <form class="form" onSubmit={plan}>
        <label for={id}>Remove what is older than so many days</label>
        <input
          id={id}
          type="number"
          min="1"
          max="36500"
          required
          value={asked}
          onInput={({ currentTarget }) => setDays(currentTarget.value)}
        />
        {problem !== undefined && <ProblemNotice problem={problem} />}
        <div class="buttons">
          <button type="submit" disabled={!isAllowed}>
            Show what would go
          </button>
        </div>
        {!isAllowed && (
          <p class="faint">
            Your role may not run <code>activity_purge</code> here: it has to be named under{" "}
            <code>permissions.api</code>.
          </p>
        )}
      </form>
    </Panel>
  );
}

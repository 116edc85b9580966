import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../api/answer.ts";
import { send } from "../../api/ask.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import type { Task, TaskKind } from "../../api/shapes.ts";
import { useWatch, type Watched } from "../../api/watch.ts";
import { AgreeToPlan, PlanTargets } from "../../parts/agree.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice, ProblemNotice } from "../../parts/problem.tsx";
import { LiveProgress, Took } from "../../parts/progress.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Value } from "../../parts/value.tsx";
import { href } from "../../routing/address.ts";
import type { ViewProps } from "../../routing/view-props.ts";
import { formQuery } from "./form.ts";

/** A change is heard of at once; this is for a connection that was lost. */
const EVERY_SECONDS = 10;

/** One task, from its plan to its result. */
export default function TaskView({ params: { id = "" } }: ViewProps) {
  const task = useAnswer(`/api/v1/tasks/${encodeURIComponent(id)}`, EVERY_SECONDS);
  const kinds = useAnswer("/api/v1/kinds");
  const isOpen = task.value !== undefined && task.value.state !== "ended";
  const watched = useWatch(isOpen ? id : undefined);
  useEffect(() => {
    if (watched.changes > 0) task.again();
  }, [watched.changes]);
  return (
    <Loading of={task}>
      {(value) => (
        <OneTask
          task={value}
          kind={kinds.value?.kinds.find(({ kind }) => kind === value.kind)}
          watched={watched}
          again={task.again}
        />
      )}
    </Loading>
  );
}

interface OneTaskProps {
  readonly task: Task;
  readonly kind: TaskKind | undefined;
  readonly watched: Watched;
  readonly again: () => void;
}

function OneTask({ task, kind, watched, again }: OneTaskProps) {
  const { state, outcome, plan } = task;
  const isOpen = state !== "ended";
  const isAllowed = kind?.allowed ?? false;
  return (
    <>
      <ViewHead title={task.kind}>
        <State word={isOpen ? state : (outcome ?? "ended")} />
        {isOpen && state !== "awaiting" && isAllowed && <Cancel task={task} again={again} />}
        {!isOpen && isAllowed && (
          <a class="button" href={href("/tasks/new/:kind", { kind: task.kind }, formQuery(task.params))}>
            Run again
          </a>
        )}
      </ViewHead>
      <div class="panels">
        {plan !== undefined && state === "awaiting" && (
          <Panel title="The plan waits for your agreement" aside="ten minutes, then it is declined" wide>
            <AgreeToPlan
              task={task}
              plan={plan}
              isDestructive={kind?.destructive ?? true}
              isAllowed={isAllowed}
              onChange={again}
            />
          </Panel>
        )}
        {isOpen && state !== "awaiting" && (
          <Panel title="Progress" wide>
            <LiveProgress of={watched} />
          </Panel>
        )}
        <Ending task={task} />
        <Messages task={task} watched={watched} />
        {task.result !== undefined && (
          <Panel title="Result" wide>
            <Value value={task.result} />
          </Panel>
        )}
        {plan !== undefined && state !== "awaiting" && (
          <Panel title="The plan" wide>
            <details>
              <summary>What it was to do</summary>
              <PlanTargets plan={plan} />
              {plan.shown !== undefined && <Value value={plan.shown} />}
            </details>
          </Panel>
        )}
        <Facts task={task} />
      </div>
    </>
  );
}

function Cancel({ task, again }: { readonly task: Task; readonly again: () => void }) {
  const [problem, setProblem] = useState<Problem>();
  const [isAsked, setAsked] = useState(false);
  const cancel = async (): Promise<void> => {
    setProblem(undefined);
    await send(`/api/v1/tasks/${encodeURIComponent(task.id)}/cancel`).then(
      () => setAsked(true),
      (error: unknown) => setProblem(problemOf(error)),
    );
    again();
  };
  return (
    <>
      {problem !== undefined && <ProblemNotice problem={problem} />}
      <button
        type="button"
        class={isAsked ? "danger" : undefined}
        title={isAsked ? "It is ended at once, whatever it is doing" : "It leaves its work as it should be"}
        onClick={() => void cancel()}
      >
        {isAsked ? "End it at once" : "Cancel"}
      </button>
    </>
  );
}

/** Why it ended as it did, and what is true now. */
function Ending({ task: { error, truth, resultBytes, kind } }: { readonly task: Task }) {
  if (error === undefined && truth === undefined && resultBytes === undefined) return null;
  return (
    <div class="wide">
      {error !== undefined && (
        <Notice severity="error">
          <p>
            <Name text={error.message} />
          </p>
          {error.hint !== undefined && (
            <p class="faint">
              <Name text={error.hint} />
            </p>
          )}
        </Notice>
      )}
      {truth !== undefined && (
        <Notice severity="warning">
          <Name text={truth} />
        </Notice>
      )}
      {resultBytes !== undefined && (
        <Notice severity="info">
          The result was too large to be kept; <code>contextcore {kind}</code> prints it.
        </Notice>
      )}
    </div>
  );
}

/** What is said while it runs; of one that has ended, its warnings. */
function Messages({ task, watched }: { readonly task: Task; readonly watched: Watched }) {
  const kept = task.warnings.map((message) => ({ event: "warning" as const, message }));
  const messages = watched.messages.length > 0 ? watched.messages : kept;
  if (messages.length === 0) return null;
  return (
    <Panel title="Messages" wide>
      <ul class="messages">
        {messages.map(({ event, message }, at) => (
          <li key={at} class={event}>
            <Name text={message} />
          </li>
        ))}
      </ul>
      {watched.missed > 0 && (
        <p class="faint">… and {watched.missed.toLocaleString("en")} more, in the log.</p>
      )}
    </Panel>
  );
}

function Facts({ task }: { readonly task: Task }) {
  const { created, started, ended, user, via, scheduleName, eventId, continues, request, params } = task;
  return (
    <Panel title="About it" wide>
      <dl class="facts">
        <dt>Begun</dt>
        <dd>
          <Time at={started ?? created} form="full" />
        </dd>
        {ended !== undefined && (
          <>
            <dt>Ended</dt>
            <dd>
              <Time at={ended} form="full" /> (took <Took from={started} to={ended} />)
            </dd>
          </>
        )}
        <dt>By</dt>
        <dd>
          <Name text={user} /> <span class="tag">{via}</span>
        </dd>
        {scheduleName !== undefined && (
          <>
            <dt>Schedule</dt>
            <dd>
              <a href={href("/tasks", {}, { schedule: scheduleName })}>
                <Name text={scheduleName} />
              </a>
            </dd>
          </>
        )}
        {continues !== undefined && (
          <>
            <dt>Finishes</dt>
            <dd>
              <a href={href("/tasks/:id", { id: continues })}>the interrupted task before it</a>
            </dd>
          </>
        )}
        {eventId !== undefined && (
          <>
            <dt>In the trail</dt>
            <dd>
              <a href={href("/audit/:id", { id: eventId })}>
                <code>{eventId}</code>
              </a>
            </dd>
          </>
        )}
        {request !== undefined && (
          <>
            <dt>Request</dt>
            <dd>
              <code>{request}</code>
            </dd>
          </>
        )}
        <dt>Told</dt>
        <dd>
          <Value value={params} />
        </dd>
      </dl>
    </Panel>
  );
}

import { useState } from "preact/hooks";
import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import { send } from "../../api/ask.ts";
import { type Problem, problemOf } from "../../api/problem.ts";
import type { Schedule } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { ProblemNotice } from "../../parts/problem.tsx";
import { useAllowed } from "../../parts/start-task.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Value } from "../../parts/value.tsx";
import { go, href } from "../../routing/address.ts";

const EVERY_SECONDS = 10;

const COLUMNS: readonly Column<Schedule>[] = [
  {
    key: "name",
    title: "Schedule",
    cell: ({ name }) => (
      <a href={href("/tasks", {}, { schedule: name })}>
        <Name text={name} />
      </a>
    ),
    order: ({ name }) => name,
  },
  { key: "task", title: "Task", cell: ({ task }) => task, order: ({ task }) => task },
  { key: "params", title: "Told", cell: ({ params }) => <Value value={params} /> },
  {
    key: "cron",
    title: "When",
    cell: ({ cron, zone }) => (
      <>
        <code>{cron}</code> <span class="faint">{zone}</span>
      </>
    ),
  },
  {
    key: "next",
    title: "Next",
    cell: ({ next, since, retry }) =>
      since !== undefined ? (
        <>
          <State word="running" /> since <Time at={since} form="ago" />
        </>
      ) : retry !== undefined ? (
        <>
          again <Time at={retry} form="ago" />
        </>
      ) : (
        next !== undefined && <Time at={next} form="both" />
      ),
    order: ({ next = "" }) => next,
  },
  { key: "last", title: "Last run", cell: (schedule) => <LastRun of={schedule} /> },
  {
    key: "succeeded",
    title: "Last success",
    cell: ({ succeeded }) =>
      succeeded === undefined ? <span class="faint">never</span> : <Time at={succeeded} form="ago" />,
    order: ({ succeeded = "" }) => succeeded,
  },
  { key: "run", title: "By hand", cell: (schedule) => <RunNow schedule={schedule} /> },
];

function LastRun({ of: { lastRun, missed } }: { readonly of: Schedule }) {
  return (
    <>
      {lastRun === undefined ? (
        <span class="faint">never</span>
      ) : (
        <span title={lastRun.message && visible(lastRun.message)}>
          <State word={lastRun.outcome} />{" "}
          {lastRun.run === undefined ? (
            <Time at={lastRun.ended} form="ago" />
          ) : (
            <a href={href("/tasks/:id", { id: lastRun.run })}>
              <Time at={lastRun.ended} form="ago" />
            </a>
          )}
        </span>
      )}
      {missed !== undefined && (
        <p>
          missed <Time at={missed} form="ago" />
        </p>
      )}
    </>
  );
}

function RunNow({ schedule: { name, task, since } }: { readonly schedule: Schedule }) {
  const [problem, setProblem] = useState<Problem>();
  const isAllowed = useAllowed(task);
  const run = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const { id } = await send(`/api/v1/schedules/${encodeURIComponent(name)}/run`);
      go(href("/tasks/:id", { id }));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <button
        type="button"
        aria-label={`Run now: ${visible(name)}`}
        title={isAllowed ? undefined : `You may not run ${task}: the configuration’s permissions say who may`}
        disabled={!isAllowed || since !== undefined}
        onClick={() => void run()}
      >
        Run now
      </button>
      {problem !== undefined && <ProblemNotice problem={problem} />}
    </>
  );
}

/** What runs by itself: when next, and how it went. */
export default function SchedulesView() {
  const schedules = useAnswer("/api/v1/schedules", EVERY_SECONDS);
  return (
    <>
      <ViewHead title="Schedules" />
      <Loading of={schedules}>
        {({ schedules: all }) =>
          all.length === 0 ? (
            <Empty title="Nothing runs by itself.">
              The configuration says what does: <code>schedules:</code> in <code>contextcore.yaml</code>;{" "}
              <code>contextcore config init</code> suggests a plan for every night.
            </Empty>
          ) : (
            <Panel title="What runs by itself">
              <Table label="Schedules" columns={COLUMNS} rows={all} keyOf={({ name }) => name} />
            </Panel>
          )
        }
      </Loading>
    </>
  );
}

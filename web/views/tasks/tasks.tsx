import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import type { TaskBrief, TaskKind } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Took } from "../../parts/progress.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { asked, askFor, href } from "../../routing/address.ts";

const PAGE = 100;
/** What runs changes from one moment to the next. */
const EVERY_SECONDS = 5;

const COLUMNS: readonly Column<TaskBrief>[] = [
  {
    key: "kind",
    title: "Task",
    cell: ({ id, kind }) => <a href={href("/tasks/:id", { id })}>{kind}</a>,
  },
  {
    key: "state",
    title: "State",
    cell: ({ state, outcome }) => <State word={state === "ended" ? (outcome ?? "ended") : state} />,
  },
  { key: "created", title: "Begun", cell: ({ created }) => <Time at={created} form="both" /> },
  {
    key: "took",
    title: "Took",
    isNumber: true,
    cell: ({ started, ended }) => <Took from={started} to={ended} />,
  },
  {
    key: "user",
    title: "By",
    cell: ({ user, via, scheduleName }) =>
      scheduleName === undefined ? (
        <>
          <Name text={user} /> <span class="tag">{via}</span>
        </>
      ) : (
        <>
          <Name text={scheduleName} /> <span class="tag">schedule</span>
        </>
      ),
  },
  {
    key: "error",
    title: "What went wrong",
    cell: ({ error }) => (error === undefined ? "" : <Name text={error.message} />),
  },
];

/** Every task: what runs, what is waited for, what there was; and starting one. */
export default function TasksView() {
  const kinds = useAnswer("/api/v1/kinds");
  const [kind, state, schedule, before] = ["kind", "state", "schedule", "before"].map(asked);
  const path = withQuery("/api/v1/tasks", { limit: PAGE, kind, state, schedule, before });
  const tasks = useAnswer(path, EVERY_SECONDS);
  return (
    <>
      <ViewHead title="Tasks" />
      <Panel title="Start one">
        <Loading of={kinds}>{({ kinds: all }) => <Kinds kinds={all} />}</Loading>
      </Panel>
      <div class="below">
        <Panel title="History">
          <Filters kinds={kinds.value?.kinds ?? []} />
          <Loading of={tasks}>
            {({ tasks: all, next }) => (
              <>
                {all.length === 0 ? (
                  <Empty title="No task fits.">
                    {kind || state || schedule || before
                      ? "Other filters may show some."
                      : "Start one above, or let a schedule do it."}
                  </Empty>
                ) : (
                  <Table label="Tasks" columns={COLUMNS} rows={all} keyOf={({ id }) => id} />
                )}
                <Pages next={next} />
              </>
            )}
          </Loading>
        </Panel>
      </div>
    </>
  );
}

const Kinds = ({ kinds }: { readonly kinds: readonly TaskKind[] }) => (
  <ul class="kinds">
    {kinds.map(({ kind, about, destructive, allowed }) => (
      <li key={kind}>
        {allowed ? <a href={href("/tasks/new/:kind", { kind })}>{kind}</a> : <b>{kind}</b>}{" "}
        {destructive && <span class="tag">asks first</span>}{" "}
        {!allowed && (
          <span class="tag" title="The configuration’s permissions say who may run it">
            not permitted
          </span>
        )}
        <p class="faint">{about}</p>
      </li>
    ))}
  </ul>
);

const STATES = ["queued", "planning", "awaiting", "running", "ended"];

function Filters({ kinds }: { readonly kinds: readonly TaskKind[] }) {
  const schedule = asked("schedule");
  return (
    <div class="filters">
      <Choose name="kind" label="Kind" values={kinds.map(({ kind }) => kind)} />
      <Choose name="state" label="State" values={STATES} />
      {schedule !== "" && (
        <button type="button" onClick={() => askFor({ schedule: "", before: "" })}>
          Of the schedule <Name text={schedule} /> ✕
        </button>
      )}
    </div>
  );
}

const Choose = ({
  name,
  label,
  values,
}: {
  readonly name: string;
  readonly label: string;
  readonly values: readonly string[];
}) => (
  <label>
    {label}
    <select
      value={asked(name)}
      onChange={({ currentTarget }) => askFor({ [name]: currentTarget.value, before: "" })}
    >
      <option value="">all</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  </label>
);

const Pages = ({ next }: { readonly next: string | undefined }) => (
  <div class="buttons pages">
    {asked("before") !== "" && (
      <button type="button" onClick={() => askFor({ before: "" })}>
        Newest
      </button>
    )}
    {next !== undefined && (
      <button type="button" onClick={() => askFor({ before: next })}>
        Older
      </button>
    )}
  </div>
);

import { useAnswer } from "../../api/answer.ts";
import type { ListedDrill } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { StartButton } from "../../parts/start-task.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { spanText, Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";

const EVERY_SECONDS = 30;

const COLUMNS: readonly Column<ListedDrill>[] = [
  {
    key: "drill",
    title: "Drill",
    cell: ({ name }) => (
      <a href={href("/drills/:name", { name })}>
        <Name text={name} />
      </a>
    ),
    order: ({ name }) => name,
  },
  {
    key: "began",
    title: "Begun",
    cell: ({ began }) => began !== undefined && <Time at={began} form="both" />,
    order: ({ began = "" }) => began,
  },
  {
    key: "verdict",
    title: "Verdict",
    cell: ({ verdict, problem }) =>
      verdict === undefined ? <Name text={problem ?? ""} /> : <State word={verdict} />,
    order: ({ verdict = "" }) => verdict,
  },
  {
    key: "backends",
    title: "Backends",
    cell: ({ backends }) => (
      <>
        {backends.map(({ backend, verdict }) => (
          <span key={backend} class="promise">
            <Name text={backend} /> <State word={verdict} />
          </span>
        ))}
      </>
    ),
  },
  {
    key: "took",
    title: "Took",
    isNumber: true,
    cell: ({ seconds }) => seconds !== undefined && lengthText(seconds),
    order: ({ seconds = 0 }) => seconds,
  },
  {
    key: "recovery",
    title: "A recovery would take",
    isNumber: true,
    cell: ({ recoverySeconds }) => recoverySeconds !== undefined && lengthText(recoverySeconds),
    order: ({ recoverySeconds = 0 }) => recoverySeconds,
  },
];

/** Whether what is kept would come back: each drill has restored it somewhere, read it back and compared. */
export default function DrillsView() {
  const drills = useAnswer("/api/v1/drills?limit=500", EVERY_SECONDS);
  return (
    <>
      <ViewHead title="Drills">
        <StartButton kind="drill" label="Drill now" isPrimary />
      </ViewHead>
      <Loading of={drills}>
        {({ drills: all, total }) =>
          all.length === 0 ? (
            <Empty title="Nothing was restored yet to see whether it comes back.">
              A drill restores the newest snapshots into empty targets, reads everything back and compares:{" "}
              <code>drill:</code> in the configuration names the targets, and look-alikes serve where there
              are none.
            </Empty>
          ) : (
            <Panel
              title="Reports"
              aside={total > all.length ? `the newest ${all.length} of ${total}` : undefined}
            >
              <Table label="Drills" columns={COLUMNS} rows={all} keyOf={({ name }) => name} />
            </Panel>
          )
        }
      </Loading>
    </>
  );
}

const lengthText = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : spanText(seconds);

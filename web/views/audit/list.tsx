import { usePages } from "../../api/pages.ts";
import type { AuditEvent } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Follow, isFollowing, ShowOlder } from "../../parts/older.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { asked, askFor, href } from "../../routing/address.ts";
import { Downloads } from "./downloads.tsx";
import { EventFilters, eventsAsked } from "./filters.tsx";
import { Verification } from "./verification.tsx";

const COLUMNS: readonly Column<AuditEvent>[] = [
  { key: "time", title: "Time", cell: ({ timestamp }) => <Time at={timestamp} form="full" /> },
  {
    key: "operation",
    title: "Operation",
    cell: ({ seq, operation }) => (
      <a href={href("/audit/:id", { id: String(seq) })}>
        <Name text={operation} />
      </a>
    ),
  },
  { key: "outcome", title: "Outcome", cell: ({ outcome }) => <State word={outcome} /> },
  { key: "affected", title: "Affected", cell: (event) => <Affected event={event} /> },
  { key: "user", title: "User", cell: ({ user }) => <Name text={user} /> },
  { key: "via", title: "Started by", cell: ({ via = "cli" }) => <Name text={via} /> },
  { key: "number", title: "Number", cell: ({ seq }) => seq.toLocaleString("en"), isNumber: true },
];

/** The first names of what an event affected, and how many more there are. */
function Affected({ event: { data_affected: names } }: { readonly event: AuditEvent }) {
  const [first, ...more] = names;
  if (first === undefined) return <span class="faint">nothing</span>;
  return (
    <span title={names.length > 1 ? `${names.length} in all` : undefined}>
      <Name text={first} />
      {more.length > 0 && <span class="faint"> and {more.length.toLocaleString("en")} more</span>}
    </span>
  );
}

/** The newest events that fit, as far back as the reader goes. */
export function EventList() {
  const pages = usePages({
    path: "/api/v1/audit",
    filter: eventsAsked(),
    isFollowing: isFollowing(),
    rowsOf: ({ events }) => events,
    markOf: ({ seq }) => String(seq),
  });
  const operations = [...new Set(pages.rows.map(({ operation }) => operation))].sort();
  const isVerified = asked("verify") === "1";
  return (
    <>
      <ViewHead title="Audit">
        <Follow />
        <button type="button" onClick={() => askFor({ verify: isVerified ? "" : "1" })}>
          {isVerified ? "Hide the verification" : "Verify now"}
        </button>
      </ViewHead>
      {isVerified && <Verification />}
      <Panel
        title="What was recorded"
        aside={isFollowing() ? "new events appear by themselves" : "newest first"}
        wide
      >
        <EventFilters operations={operations} />
        <Loading of={pages.newest} what="Reading the trail">
          {() =>
            pages.rows.length === 0 ? (
              <Empty title="The trail has no such event.">
                Widen the filters; every export, restore, destroy and removal is recorded here.
              </Empty>
            ) : (
              <Table label="Events" columns={COLUMNS} rows={pages.rows} keyOf={({ id }) => id} />
            )
          }
        </Loading>
        <div class="buttons">
          <ShowOlder of={pages} label="Show older events" />
          <Downloads />
        </div>
      </Panel>
    </>
  );
}

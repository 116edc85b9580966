import { withQuery } from "../../api/ask.ts";
import { usePages } from "../../api/pages.ts";
import { standing } from "../../api/session.ts";
import type { Run } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { FilterChoice, Filters, FilterText } from "../../parts/filters.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { isFollowing, ShowOlder } from "../../parts/older.tsx";
import { Panel } from "../../parts/panel.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { asked, askFor, href } from "../../routing/address.ts";
import { modelOf, tokensText, tookText } from "./facts.tsx";
import { RunPanel } from "./run.tsx";

/** Does not compile while one is missing, or is none. */
const STATUSES: Readonly<Record<Run["status"], string>> = {
  running: "running",
  ok: "ok",
  error: "error",
  cancelled: "cancelled",
  interrupted: "interrupted",
};

const SOURCES = { relay: "relay", wrapper: "wrapper", otlp: "OTLP", api: "API" };

const NAMES = [
  ...["from", "to", "user", "entity_type", "entity_id", "conversation", "model"],
  ...["status", "source", "tool", "tokens", "text"],
];

const COLUMNS: readonly Column<Run>[] = [
  {
    key: "started",
    title: "Started",
    cell: ({ id, started }) => (
      <button type="button" class="link" onClick={() => askFor({ run: asked("run") === id ? "" : id })}>
        <Time at={started} form="full" />
      </button>
    ),
  },
  { key: "model", title: "Model", cell: (run) => <Name text={modelOf(run)} /> },
  { key: "operation", title: "Operation", cell: ({ operation }) => <Name text={operation} /> },
  { key: "status", title: "Status", cell: ({ status }) => <State word={status} /> },
  { key: "tokens", title: "Tokens in, out", cell: tokensText, isNumber: true },
  { key: "took", title: "Took", cell: tookText, isNumber: true },
  { key: "user", title: "User", cell: ({ user }) => <Known text={user} /> },
  {
    key: "entity",
    title: "About",
    cell: ({ entity }) => <Known text={entity && `${entity.type} ${entity.id}`} />,
  },
  { key: "source", title: "Came by", cell: ({ source }) => <Name text={source} /> },
];

const Known = ({ text }: { readonly text: string | undefined }) =>
  text === undefined ? <span class="faint">–</span> : <Name text={text} />;

/** The newest runs that fit; one of them in full below, where the address says which. */
export function RunList() {
  const present = standing.value;
  const isAdmin = present.state === "signed-in" && present.session.role === "admin";
  const filter = Object.fromEntries(NAMES.map((name) => [name, asked(name)]));
  const pages = usePages({
    path: "/api/v1/activity/runs",
    filter,
    isFollowing: isFollowing(),
    rowsOf: ({ runs }) => runs,
    markOf: ({ id }) => id,
  });
  return (
    <>
      <Panel title="Runs" aside={isFollowing() ? "new runs appear by themselves" : "newest first"} wide>
        <RunFilters isAdmin={isAdmin} />
        <Loading of={pages.newest} what="Looking for runs">
          {() =>
            pages.rows.length === 0 ? (
              <Nothing isFiltered={Object.values(filter).some((value) => value !== "")} />
            ) : (
              <Table label="Runs" columns={COLUMNS} rows={pages.rows} keyOf={({ id }) => id} />
            )
          }
        </Loading>
        <div class="buttons">
          <ShowOlder of={pages} label="Show older runs" />
          <a class="button" href={withQuery("/api/v1/activity/csv", filter)} download>
            Download CSV
          </a>
          {asked("conversation") !== "" && (
            <a
              class="button"
              href={href("/activity", {}, { show: "conversation", conversation: asked("conversation") })}
            >
              Read as a conversation
            </a>
          )}
        </div>
      </Panel>
      {asked("run") !== "" && <RunPanel id={asked("run")} isBelow />}
    </>
  );
}

const Nothing = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No run fits these filters.">Widen them, or clear them.</Empty>
  ) : (
    <Empty title="Nothing was recorded yet.">
      Programs send what they ask of models through the relay, by the wrapper for <code>fetch</code>, or as
      OTLP spans.
    </Empty>
  );

const RunFilters = ({ isAdmin }: { readonly isAdmin: boolean }) => (
  <Filters names={NAMES}>
    <FilterText name="from" label="From" hint="24h, 2026-01-24" />
    <FilterText name="to" label="Until" hint="1h, or a time" />
    <FilterText name="user" label="User" />
    <FilterText name="entity_type" label="Kind of entity" hint="ticket" />
    <FilterText name="entity_id" label="Entity" hint="4711" />
    <FilterText name="conversation" label="Conversation" />
    <FilterText name="model" label="Model" />
    <FilterChoice name="status" label="Status" any="any status" values={STATUSES} />
    <FilterChoice name="source" label="Came by" any="any way" values={SOURCES} />
    <FilterText name="tool" label="Called tool" />
    <FilterText name="tokens" label="Tokens, at least" hint="10000" />
    {isAdmin && <FilterText name="text" label="Words that were said" />}
  </Filters>
);

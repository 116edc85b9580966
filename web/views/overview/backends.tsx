import { formatBytes } from "../../../src/units/bytes.ts";
import { visible } from "../../../src/units/visible.ts";
import { Empty } from "../../parts/empty.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { spanText, Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";
import type { Holding } from "./standing.ts";

const COLUMNS: readonly Column<Holding>[] = [
  {
    key: "backend",
    title: "Backend",
    cell: ({ backend, server }) => (
      <>
        <a href={href("/snapshots", {}, { backend })}>
          <Name text={backend} />
        </a>{" "}
        {server?.importance !== undefined && <span class="tag">{server.importance}</span>}
      </>
    ),
    order: ({ backend }) => backend,
  },
  {
    key: "server",
    title: "Server",
    cell: ({ server }) => (server === undefined ? <span class="faint">…</span> : <Reached of={server} />),
    order: ({ server }) => server?.state ?? "",
  },
  {
    key: "saved",
    title: "Saved until",
    cell: ({ savedUntil }) =>
      savedUntil === undefined ? (
        <span class="faint">never</span>
      ) : (
        <Time at={new Date(savedUntil).toISOString()} form="both" />
      ),
    order: ({ savedUntil = 0 }) => savedUntil,
  },
  {
    key: "promise",
    title: "Promised",
    cell: ({ promises: all }) => <Promised of={all} />,
  },
  {
    key: "gaps",
    title: "Gaps",
    isNumber: true,
    cell: ({ gaps }) => gaps.length.toLocaleString("en"),
    order: ({ gaps }) => gaps.length,
  },
  {
    key: "size",
    title: "Holds",
    isNumber: true,
    cell: ({ server }) => (server?.size === undefined ? "" : formatBytes(server.size.bytes)),
    order: ({ server }) => server?.size?.bytes ?? 0,
  },
  {
    key: "kept",
    title: "Its server keeps",
    cell: ({ server }) => (server === undefined ? "" : <Kept of={server} />),
    order: ({ server }) => server?.retentionSeconds ?? 0,
  },
  {
    key: "lost",
    title: "Lost next, unless saved",
    cell: ({ losesAt }) =>
      losesAt === undefined ? "" : <Time at={new Date(losesAt).toISOString()} form="ago" />,
    order: ({ losesAt = Number.MAX_SAFE_INTEGER }) => losesAt,
  },
];

const Promised = ({ of }: { readonly of: Holding["promises"] }) =>
  of.length === 0 ? (
    <span class="faint">by no schedule</span>
  ) : (
    <span class="promises">
      {of.map(({ name, next, since }) => (
        <span key={name} class="promise">
          <Name text={name} />{" "}
          {since !== undefined ? "runs" : next !== undefined && <Time at={next} form="ago" />}
        </span>
      ))}
    </span>
  );

/** How long the server keeps it, and how long its class says that it is to be kept. */
const Kept = ({
  of: { retentionSeconds, isKeptForEver, class: kind, classSeconds },
}: {
  readonly of: NonNullable<Holding["server"]>;
}) => (
  <>
    {retentionSeconds !== undefined ? spanText(retentionSeconds) : isKeptForEver === true ? "for ever" : ""}
    {kind !== undefined && classSeconds !== undefined && (
      <span class="faint">
        {" "}
        <Name text={kind} />: {spanText(classSeconds)}
      </span>
    )}
  </>
);

const Reached = ({ of: { state, reason } }: { readonly of: NonNullable<Holding["server"]> }) =>
  state === "reached" ? (
    <State word="ok" />
  ) : (
    <span title={reason && visible(reason)}>
      <State word="failed" /> <span class="faint">{state}</span>
    </span>
  );

/** Each backend: how far it is saved, and what its server does meanwhile. */
export const Backends = ({ holdings }: { readonly holdings: readonly Holding[] }) => (
  <Panel title="Backends" wide>
    {holdings.length === 0 ? (
      <Empty title="No backend is known yet.">
        The configuration names them: <code>contextcore config init</code> writes a first one.
      </Empty>
    ) : (
      <Table
        label="Backends"
        columns={COLUMNS}
        rows={holdings}
        keyOf={({ backend }) => backend}
        name="backend-"
      />
    )}
  </Panel>
);

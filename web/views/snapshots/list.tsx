import { useState } from "preact/hooks";
import { formatBytes } from "../../../src/units/bytes.ts";
import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import type { ListedSnapshot, SnapshotList as Listing } from "../../api/shapes.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { SaveNow } from "../../parts/save-now.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { asked, href } from "../../routing/address.ts";
import { Chosen } from "./chosen.tsx";
import { isAsked, SnapshotFilters } from "./filters.tsx";
import { Held } from "./held.tsx";
import { Places } from "./places.tsx";

/** Somebody else may export meanwhile. */
const EVERY_SECONDS = 60;

/** Of a place that is looked at, the copy there is meant. */
const inPlace = (name: string): string => (asked("place") === "" ? name : `${asked("place")}:${name}`);

const COLUMNS: readonly Column<ListedSnapshot>[] = [
  {
    key: "snapshot",
    title: "Snapshot",
    cell: ({ name }) => (
      <a href={href("/snapshots/:name", { name: inPlace(name) })}>
        <Name text={name} />
      </a>
    ),
    order: ({ name }) => name,
  },
  {
    key: "made",
    title: "Made",
    cell: ({ created }) => <Time at={created} form="ago" />,
    order: ({ created }) => created,
  },
  {
    key: "status",
    title: "Status",
    cell: ({ status }) => <State word={status} />,
    order: ({ status }) => status,
  },
  {
    key: "covers",
    title: "Covers",
    cell: ({ range }) => <Covers range={range} />,
    order: ({ range }) => range.from,
  },
  { key: "backends", title: "Backends", cell: (one) => <Backends of={one} /> },
  { key: "held", title: "Held", cell: (one) => <Held of={one} /> },
  {
    key: "size",
    title: "Size",
    cell: ({ bytes }) => formatBytes(bytes),
    order: ({ bytes }) => bytes,
    isNumber: true,
  },
];

/** From when to when. */
export const Covers = ({ range }: { readonly range: ListedSnapshot["range"] }) => (
  <span class="covers">
    <Time at={range.from} /> – <Time at={range.to} />
  </span>
);

function Backends({ of: { backends } }: { readonly of: ListedSnapshot }) {
  return (
    <span class="tags">
      {backends.map(({ backend, match, continues }) => (
        <span key={backend} class="tag" title={told(match, continues)}>
          <Name text={backend} />
          {match !== undefined && " (a part)"}
          {continues !== undefined && " +"}
        </span>
      ))}
    </span>
  );
}

const told = (match: string | undefined, continues: string | undefined): string | undefined =>
  [
    ...(match === undefined ? [] : [`only ${match}`]),
    ...(continues === undefined ? [] : [`continues ${continues}`]),
  ].join("\n") || undefined;

/** What is kept here or in the place that the address names. */
export function SnapshotList() {
  const place = asked("place");
  const path = place === "" ? "/api/v1/snapshots" : withQuery("/api/v1/snapshots", { place });
  const answer = useAnswer(path, EVERY_SECONDS);
  return (
    <>
      <ViewHead title="Snapshots">
        <SaveNow />
      </ViewHead>
      <Places />
      <Loading of={answer} what={place === "" ? "Reading the snapshots" : `Asking ${place}`}>
        {(listing) => <Listed listing={listing} />}
      </Loading>
    </>
  );
}

function Listed({ listing }: { readonly listing: Listing }) {
  const [keys, change] = useState<ReadonlySet<string>>(new Set());
  const rows = listing.snapshots.filter(isAsked).toReversed();
  const chosen = rows.filter(({ name }) => keys.has(name));
  return (
    <Panel
      title={listing.place === undefined ? "Kept here and elsewhere" : `In ${listing.place}`}
      aside={
        rows.length === listing.snapshots.length
          ? `${rows.length.toLocaleString("en")} in all`
          : `${rows.length.toLocaleString("en")} of ${listing.snapshots.length.toLocaleString("en")}`
      }
      wide
    >
      <Troubles listing={listing} />
      <SnapshotFilters listing={listing} />
      <Chosen snapshots={chosen} place={listing.place} clear={() => change(new Set())} />
      {rows.length === 0 ? (
        <Nothing isFiltered={listing.snapshots.length > 0} />
      ) : (
        <Table
          label="Snapshots"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ name }) => name}
          choice={{ keys, change }}
        />
      )}
    </Panel>
  );
}

const Nothing = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No snapshot fits these filters.">Widen them, or clear them.</Empty>
  ) : (
    <Empty title="Nothing is kept yet.">
      <b>Save now</b> makes the first snapshot; a schedule makes one every night.
    </Empty>
  );

/** What lies there and is no snapshot that can be used. */
function Troubles({ listing: { unreadable, unfinished, sealed } }: { readonly listing: Listing }) {
  return (
    <>
      {unreadable.map(({ path, reason }) => (
        <Notice key={path} severity="error">
          <Name text={path} />: <Name text={reason} />
        </Notice>
      ))}
      {unfinished.map(({ path }) => (
        <Notice key={path} severity="warning">
          <Name text={path} /> is not finished: it is being written, or was interrupted.{" "}
          <code>contextcore export --resume</code> goes on with it.
        </Notice>
      ))}
      {sealed.map(({ name, bytes, created }) => (
        <Notice key={name} severity="info">
          <Name text={name} />, {formatBytes(bytes)}, copied <Time at={created} form="ago" />, is encrypted,
          and nobody here can open it.
        </Notice>
      ))}
    </>
  );
}

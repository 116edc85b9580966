import { formatBytes } from "../../../src/units/bytes.ts";
import { useAnswer } from "../../api/answer.ts";
import type { Place } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { asked, askFor, href } from "../../routing/address.ts";

const COLUMNS: readonly Column<Place>[] = [
  { key: "place", title: "Place", cell: ({ place }) => <Name text={place} /> },
  {
    key: "copies",
    title: "Sound copies",
    cell: ({ soundTotal, copiesTotal }) =>
      soundTotal === copiesTotal ? soundTotal.toLocaleString("en") : `${soundTotal} of ${copiesTotal}`,
    isNumber: true,
  },
  { key: "size", title: "Size", cell: ({ snapshotBytes }) => formatBytes(snapshotBytes), isNumber: true },
  {
    key: "newest",
    title: "Newest",
    cell: ({ place, snapshot }) =>
      snapshot === undefined ? (
        <span class="faint">none</span>
      ) : (
        <a href={href("/snapshots/:name", { name: `${place}:${snapshot.name}` })}>
          <Name text={snapshot.name} />
        </a>
      ),
  },
  {
    key: "verified",
    title: "Last looked at",
    cell: ({ verified }) =>
      verified === undefined ? <span class="faint">never</span> : <Time at={verified} form="ago" />,
  },
  {
    key: "exports",
    title: "Gets every export",
    cell: ({ receivesExports }) => (receivesExports ? "yes" : "no"),
  },
  {
    key: "look",
    title: "Listing",
    cell: ({ place }) => (
      <button
        type="button"
        class="quiet"
        aria-pressed={asked("place") === place}
        onClick={() => askFor({ place: asked("place") === place ? "" : place })}
      >
        {asked("place") === place ? "Show what is here" : "Look there now"}
      </button>
    ),
  },
];

/** The places for copies; nothing where the configuration has none. */
export function Places() {
  const answer = useAnswer("/api/v1/places");
  if (answer.value?.places.length === 0) return null;
  return (
    <Panel title="Places" wide>
      <Loading of={answer}>
        {({ places }) => (
          <Table label="Places" name="place-" columns={COLUMNS} rows={places} keyOf={({ place }) => place} />
        )}
      </Loading>
    </Panel>
  );
}

import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import type { SnapshotDiff } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { href } from "../../routing/address.ts";

interface Row {
  readonly backend: string;
  readonly unit: string;
  readonly more: number;
  readonly fewer: number;
  readonly changed: number;
  readonly both: number;
}

const count = (key: "more" | "fewer" | "changed" | "both", title: string): Column<Row> => ({
  key,
  title,
  cell: (row) => (row[key] === 0 ? <span class="faint">0</span> : row[key].toLocaleString("en")),
  order: (row) => row[key],
  isNumber: true,
});

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "backend",
    title: "Backend",
    cell: ({ backend }) => <Name text={backend} />,
    order: ({ backend }) => backend,
  },
  { key: "unit", title: "Records", cell: ({ unit }) => <Name text={unit} /> },
  count("both", "In both, the same"),
  count("more", "Only in the second"),
  count("fewer", "Only in the first"),
  count("changed", "In both, changed"),
];

/** In which records two snapshots differ: every record of both is read for it. */
export function DiffView({ name, other }: { readonly name: string; readonly other: string }) {
  const path = `/api/v1/snapshots/${encodeURIComponent(name)}/diff` as `/api/v1/snapshots/${string}/diff`;
  const answer = useAnswer(withQuery(path, { with: other }));
  return (
    <>
      <ViewHead title="Difference">
        <a class="button" href={href("/snapshots/:name/diff/:with", { name: other, with: name })}>
          The other way round
        </a>
      </ViewHead>
      <p>
        The first is <Link name={name} />, the second <Link name={other} />.
      </p>
      <Loading of={answer} what="Comparing every record of both">
        {(diff) => <Found diff={diff} />}
      </Loading>
    </>
  );
}

const Link = ({ name }: { readonly name: string }) => (
  <a href={href("/snapshots/:name", { name })}>
    <Name text={name} />
  </a>
);

function Found({ diff }: { readonly diff: SnapshotDiff }) {
  const rows = diff.backends.flatMap(({ backend, units }) => units.map((one) => ({ backend, ...one })));
  return (
    <Panel title="Record by record" wide>
      <Notice severity={diff.equal ? "good" : "info"}>
        {diff.equal ? "They hold the same records." : "They do not hold the same records."}
      </Notice>
      <Table
        label="Differences"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ backend, unit }) => `${backend} ${unit}`}
      />
    </Panel>
  );
}

import { counted } from "../../../src/units/words.ts";
import type { Coverage } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { spanText, Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";
import { gapsIn } from "./span.ts";

interface Gap {
  readonly backend: string;
  readonly from: string;
  readonly to: string;
}

const seconds = ({ from, to }: Gap): number => (Date.parse(to) - Date.parse(from)) / 1_000;

const COLUMNS: readonly Column<Gap>[] = [
  {
    key: "backend",
    title: "Backend",
    cell: ({ backend }) => <Name text={backend} />,
    order: ({ backend }) => backend,
  },
  {
    key: "from",
    title: "From",
    cell: ({ from }) => <Time at={from} />,
    order: ({ from }) => Date.parse(from),
  },
  { key: "to", title: "To", cell: ({ to }) => <Time at={to} />, order: ({ to }) => Date.parse(to) },
  { key: "length", title: "Length", cell: (gap) => spanText(seconds(gap)), order: seconds },
  {
    key: "export",
    title: "While its server still has it",
    cell: ({ backend, from, to }) => (
      <a
        href={href("/tasks/new/:kind", { kind: "export" }, { plugin: backend, from, to })}
        aria-label={`Export the gap of ${backend} from ${from}`}
      >
        Export it
      </a>
    ),
  },
];

/** What the time lines show as gaps, in words. */
export function Gaps({ coverage }: { readonly coverage: readonly Coverage[] }) {
  const gaps = coverage.flatMap((one) => gapsIn(one).map((range) => ({ backend: one.backend, ...range })));
  if (gaps.length === 0) return null;
  return (
    <details class="gaps">
      <summary>{counted(gaps.length, "gap")}</summary>
      <Table
        label="Gaps"
        name="gap-"
        columns={COLUMNS}
        rows={gaps}
        keyOf={({ backend, from }) => `${backend} ${from}`}
      />
    </details>
  );
}

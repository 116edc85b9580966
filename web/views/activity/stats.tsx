import { useMemo } from "preact/hooks";
import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import type { RunStats } from "../../api/shapes.ts";
import { Chart } from "../../parts/chart.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Filters, FilterText } from "../../parts/filters.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { asked } from "../../routing/address.ts";

const number = (value: number): string => value.toLocaleString("en");
const seconds = (value: number | undefined): string =>
  value === undefined ? "–" : `${value.toLocaleString("en", { maximumFractionDigits: 2 })} s`;

type Counted = Extract<
  keyof RunStats,
  "runsTotal" | "errorsTotal" | "tokensInput" | "tokensOutput" | "uncountedTotal"
>;
type Timed = Extract<
  keyof RunStats,
  "medianSeconds" | "p95Seconds" | "firstMedianSeconds" | "firstP95Seconds"
>;

const counted = (key: Counted, title: string): Column<RunStats> => ({
  ...{ key, title, isNumber: true },
  cell: (row) => number(row[key]),
  order: (row) => row[key],
});

const timed = (key: Timed, title: string): Column<RunStats> => ({
  ...{ key, title, isNumber: true },
  cell: (row) => seconds(row[key]),
  order: (row) => row[key] ?? -1,
});

const COLUMNS: readonly Column<RunStats>[] = [
  {
    key: "model",
    title: "Model",
    cell: ({ model }) => <Name text={model || "not known"} />,
    order: ({ model = "" }) => model,
  },
  counted("runsTotal", "Runs"),
  counted("errorsTotal", "Errors"),
  counted("tokensInput", "Tokens in"),
  counted("tokensOutput", "Tokens out"),
  counted("uncountedTotal", "Not counted"),
  timed("medianSeconds", "Median"),
  timed("p95Seconds", "95 of 100"),
  timed("firstMedianSeconds", "First chunk"),
];

/** Runs, errors, tokens and latencies, by day and by model. */
export function Stats() {
  const span = { from: asked("from"), to: asked("to") };
  const days = useAnswer(withQuery("/api/v1/activity/stats", { ...span, by: "day" }));
  const models = useAnswer(withQuery("/api/v1/activity/stats", { ...span, by: "model" }));
  return (
    <>
      <Panel title="By day" aside={span.from === "" ? "of the last 30 days" : undefined} wide>
        <Filters names={["from", "to"]}>
          <FilterText name="from" label="From" hint="30d, 2026-01-24" />
          <FilterText name="to" label="Until" hint="1d, or a time" />
        </Filters>
        <Loading of={days} what="Counting">
          {({ rows }) =>
            rows.length === 0 ? <Empty title="Nothing was recorded in this time." /> : <Days rows={rows} />
          }
        </Loading>
      </Panel>
      <Panel title="By model" wide>
        <Loading of={models} what="Counting">
          {({ rows }) => (
            <Table label="By model" columns={COLUMNS} rows={rows} keyOf={({ model = "" }) => model} />
          )}
        </Loading>
      </Panel>
    </>
  );
}

/** Runs and errors of each day as bars. */
function Days({ rows }: { readonly rows: readonly RunStats[] }) {
  const { times, series } = useMemo(() => {
    const of = (key: Counted, title: string, color: `--${string}`) =>
      ({ title, color, isBars: true, values: rows.map((row) => row[key]) }) as const;
    return {
      times: rows.map(({ day = "" }) => Date.parse(day)),
      series: [of("runsTotal", "Runs", "--covered"), of("errorsTotal", "Errors", "--error-fill")],
    };
  }, [rows]);
  const total = rows.reduce((sum, { runsTotal }) => sum + runsTotal, 0);
  return (
    <Chart
      label={`Runs of ${rows.length} days, ${number(total)} in all`}
      times={times}
      series={series}
      format={number}
    />
  );
}

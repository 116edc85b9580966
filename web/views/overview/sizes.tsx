import { useMemo } from "preact/hooks";
import { formatBytes } from "../../../src/units/bytes.ts";
import { counted } from "../../../src/units/words.ts";
import type { ListedSnapshot } from "../../api/shapes.ts";
import { Chart } from "../../parts/chart.tsx";
import { Empty } from "../../parts/empty.tsx";

/** How large each snapshot is: one that is much smaller than those before it is worth a look. */
export function Sizes({ snapshots }: { readonly snapshots: readonly ListedSnapshot[] }) {
  const { times, series } = useMemo(
    () => ({
      times: snapshots.map(({ created }) => Date.parse(created)),
      series: [
        {
          title: "Stored",
          values: snapshots.map(({ bytes }) => bytes),
          color: "--covered",
          isBars: snapshots.length < 200,
        } as const,
      ],
    }),
    [snapshots],
  );
  if (snapshots.length < 2)
    return <Empty title="From the second snapshot on, their sizes are compared here." />;
  return (
    <Chart
      label={`Sizes of ${counted(snapshots.length, "snapshot")}; the newest has ${formatBytes(snapshots.at(-1)?.bytes ?? 0)}`}
      times={times}
      series={series}
      format={formatBytes}
    />
  );
}

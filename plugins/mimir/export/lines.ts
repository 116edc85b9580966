import { type Counts, fromMs, type Problem, type Range, type Records, toMs } from "contextcore";
import type { Series } from "../chunk/series.ts";
import { settle } from "../chunk/settle.ts";
import { labelsJson, readLabels } from "../line/labels.ts";
import { writeLine } from "../line/line.ts";
import { Output } from "../line/output.ts";
import type { ReadSeries } from "../server/remote-read.ts";

interface LineWindow extends Range {
  /** True: chunks that began before the window count as its own. */
  readonly first?: boolean | undefined;
}

/** Gathers the lines of one step: one line a series, cut to the window. */
export interface LineWriter {
  /** Bytes so far. */
  readonly length: number;
  /** Lines so far. */
  readonly lines: number;
  add(read: ReadSeries): void;
  /** The block, and what could not be carried whole. `counted`: the window in which the server counts these samples. */
  finish(counted: Range): { readonly records: readonly Records[]; readonly problems: readonly Problem[] };
}

/** A step ends with the line that fills it, which may be this long. */
const LAST_LINE_BYTES = 1 << 19;

/** @param expected bytes that a full step has */
export function createLineWriter(window: LineWindow, expected: number): LineWriter {
  const [fromTime, toTime] = [toMs(window.from), toMs(window.to)];
  const out = new Output(1 << 16, expected + LAST_LINE_BYTES);
  const totals = { samples: 0, histograms: 0, stale: 0 };
  const [raw, conflicting]: [string[], string[]] = [[], []];
  let [lines, earliest, latest] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  return {
    get length() {
      return out.length;
    },
    get lines() {
      return lines;
    },
    add({ labelBytes, series }) {
      const { conflicts } = settle(series, fromTime, toTime);
      series.raw = series.raw.filter(
        ({ minTime }) => minTime < toTime && (minTime >= fromTime || window.first),
      );
      if (series.count + series.histograms.length + series.raw.length === 0) return;
      const { labels, exact } = readLabels(labelBytes);
      const metric = labelsJson(labels);
      const head = exact ? { metric } : { metric, labelBytes: Buffer.from(labelBytes).toString("base64") };
      const counts = writeLine(out, head, series);
      lines += 1;
      totals.samples += counts.samples;
      totals.histograms += counts.histograms;
      totals.stale += counts.stale;
      const [first, last] = times(series, fromTime);
      earliest = Math.min(earliest, first);
      latest = Math.max(latest, last);
      if (series.raw.length > 0) raw.push(metric);
      if (conflicts > 0) conflicting.push(metric);
    },
    finish(counted) {
      const problems = [...rawProblem(raw, window), ...conflictProblem(conflicting, window)];
      if (lines === 0) return { records: [], problems };
      const span = { from: fromMs(Math.max(earliest, fromTime)), to: fromMs(latest + 1) };
      const block = { file: "metrics.json", text: out.finish(), lines, counts: countsOf(totals) };
      return { records: [{ ...block, ...span, window: counted }], problems };
    },
  };
}

const countsOf = ({
  samples,
  histograms,
  stale,
}: Record<"samples" | "histograms" | "stale", number>): Counts => ({
  samples,
  ...(histograms > 0 ? { histograms } : {}),
  ...(stale > 0 ? { stale } : {}),
});

/** The first and last time in a line, ms. */
function times({ times: at, count, histograms, raw }: Series, from: number): [number, number] {
  const all = [
    ...(count > 0 ? [at[0] ?? from, at[count - 1] ?? from] : []),
    ...histograms.slice(0, 1).map(({ timestamp }) => timestamp),
    ...histograms.slice(-1).map(({ timestamp }) => timestamp),
    ...raw.map(({ minTime }) => minTime),
  ];
  return [Math.min(...all), Math.max(...all)];
}

function rawProblem(items: readonly string[], { from, to }: Range): Problem[] {
  const reason =
    "Chunks in an encoding that is not known here, or that did not decode, are kept as they came (`raw` in metrics.json); their samples are not counted.";
  return items.length === 0 ? [] : [{ kind: "lossy", reason, range: { from, to }, items }];
}

function conflictProblem(items: readonly string[], { from, to }: Range): Problem[] {
  const reason =
    "The server gave two different values for one time of a series (overlapping chunks); the first is kept.";
  return items.length === 0 ? [] : [{ kind: "lossy", reason, range: { from, to }, items }];
}

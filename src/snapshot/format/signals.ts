/**
 * The one table of signals: their data files, how these are checked, and how much an export makes of them. Their names are
 * `SIGNALS` of the contract, from which flags and schemas are made: a signal is added by its name there and its row here.
 */
import { SIGNALS, type Signal, type Size } from "../../contract/contract.ts";
import type { LineFormat } from "./line-format.ts";
import { LOGS } from "./logs.ts";
import { METRICS } from "./metrics.ts";
import { TRACES } from "./traces.ts";

/** The most likely, and between which it should lie. */
export interface Estimate {
  readonly likely: number;
  readonly low: number;
  readonly high: number;
}

/** What the core knows of one signal. */
export interface SignalRow {
  /** Its data file at the top of a snapshot; absent: a plugin names files of its own, in its own folder. */
  readonly lines?: LineFormat;
  /** Whether its data lies in time. What does not is exported whole, and a newer export of it replaces an older one. */
  readonly hasTimeline: boolean;
  /** Bytes in a snapshot for one byte that a server says it has, by where the server's number comes from. */
  readonly expansion: Readonly<Record<Size["source"], Estimate>>;
}

const always = (factors: Estimate): SignalRow["expansion"] => ({
  ...{ disk: factors, api: factors, estimate: factors },
});

/** The rows, one a signal. */
export const SIGNAL_TABLE: Readonly<Record<Signal, SignalRow>> = {
  traces: {
    lines: TRACES,
    hasTimeline: true,
    // A span is some 80 bytes in Parquet, and 400 to 900 as OTLP.
    expansion: always({ low: 4, likely: 8, high: 14 }),
  },
  metrics: {
    lines: METRICS,
    hasTimeline: true,
    // A sample is 1 to 2 bytes in a block, and 18 to 35 as a time and a value; classic counts overestimate native histograms.
    expansion: always({ low: 3, likely: 8, high: 20 }),
  },
  logs: {
    lines: LOGS,
    hasTimeline: true,
    // Chunks are compressed three to ten times, and a line that is told uncompressed gains its time, escapes and labels.
    expansion: {
      ...always({ low: 1.2, likely: 1.8, high: 4 }),
      disk: { low: 3, likely: 8, high: 15 },
    },
  },
  dashboards: {
    hasTimeline: false,
    // They are a third of what is exported; a database keeps their history too, which is not.
    expansion: {
      ...always({ low: 1, likely: 3, high: 6 }),
      disk: { low: 0.1, likely: 0.5, high: 2 },
    },
  },
  records: {
    hasTimeline: true,
    // Rows of a database as JSON: names of columns come with each, indexes and free pages do not.
    expansion: always({ low: 0.5, likely: 2, high: 8 }),
  },
  files: {
    hasTimeline: false,
    // They are copied as they are.
    expansion: always({ low: 0.9, likely: 1, high: 1.1 }),
  },
};

/** Whether any of the signals has a time line. */
export const haveTimeline = (signals: readonly Signal[]): boolean =>
  signals.some((signal) => SIGNAL_TABLE[signal].hasTimeline);

/** Whether any of the signals has none: it is what is there now. */
export const haveState = (signals: readonly Signal[]): boolean =>
  signals.some((signal) => !SIGNAL_TABLE[signal].hasTimeline);

/** The formats of the data files at the top of a snapshot. */
export const SIGNAL_FORMATS: readonly LineFormat[] = SIGNALS.flatMap(
  (signal) => SIGNAL_TABLE[signal].lines ?? [],
);

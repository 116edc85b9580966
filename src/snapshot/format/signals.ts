/**
 * The one table of signals: their data files, how to check them, and how big an export of them is. Flags and schemas are made
 * from the names in the contract's `SIGNALS`. To add a signal, add its name there and its row here.
 */
import { SIGNALS, type Signal, type Size } from "../../contract/contract.ts";
import type { LineFormat } from "./line-format.ts";
import { LOGS } from "./logs.ts";
import { METRICS } from "./metrics.ts";
import { TRACES } from "./traces.ts";

/** The most likely value, and the range in which it should be. */
export interface Estimate {
  readonly likely: number;
  readonly low: number;
  readonly high: number;
}

/** What the core knows of one signal. */
interface SignalRow {
  /** Its data file at the top of a snapshot; absent if a plugin uses files of its own, in its own folder. */
  readonly lines?: LineFormat;
  /** Whether its data has times. Data without is exported whole, and a newer export of it replaces an older one. */
  readonly hasTimeline: boolean;
  /** Some sources of it tell no times: a database that is saved as a file, the keys of a cache. */
  readonly mayLackTimes?: true;
  /** Bytes in a snapshot for each byte that a server reports, by the source of the server's number. */
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
    // Chunks are compressed three to ten times, and an uncompressed line gains its time, escapes and labels.
    expansion: {
      ...always({ low: 1.2, likely: 1.8, high: 4 }),
      disk: { low: 3, likely: 8, high: 15 },
    },
  },
  dashboards: {
    hasTimeline: false,
    // What a server reports is about a third of the export. A database also keeps their history, which is not exported.
    expansion: {
      ...always({ low: 1, likely: 3, high: 6 }),
      disk: { low: 0.1, likely: 0.5, high: 2 },
    },
  },
  records: {
    hasTimeline: true,
    mayLackTimes: true,
    // Database rows as JSON include the column names each time, but no indexes and free pages.
    expansion: always({ low: 0.5, likely: 2, high: 8 }),
  },
  files: {
    hasTimeline: false,
    // Files are copied unchanged.
    expansion: always({ low: 0.9, likely: 1, high: 1.1 }),
  },
};

/** Whether any of the signals has a time line. */
export const haveTimeline = (signals: readonly Signal[]): boolean =>
  signals.some((signal) => SIGNAL_TABLE[signal].hasTimeline);

/** Whether any of the signals has no time line, but is a current state. */
export const haveState = (signals: readonly Signal[]): boolean =>
  signals.some((signal) => !SIGNAL_TABLE[signal].hasTimeline);

/** Whether any of the signals may be a current state, if its source tells no times. */
export const mayLackTimes = (signals: readonly Signal[]): boolean =>
  signals.some((signal) => SIGNAL_TABLE[signal].mayLackTimes === true);

/** The formats of the data files at the top of a snapshot. */
export const SIGNAL_FORMATS: readonly LineFormat[] = SIGNALS.flatMap(
  (signal) => SIGNAL_TABLE[signal].lines ?? [],
);

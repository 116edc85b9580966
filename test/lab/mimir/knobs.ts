export type Flavour = "mimir" | "prometheus" | "cortex";

/** What a server's limits and faults are, by Mimir's names where it has them. Times in ms; may be changed while it runs. */
export interface MimirKnobs {
  /** How late a sample may come; 0: not at all. */
  outOfOrderTimeWindow: number;
  pastGracePeriod: number;
  creationGracePeriod: number;
  nativeHistograms: boolean;
  /** Samples a second; more is answered with 429. 0: no limit. */
  ingestionRate: number;
  maxQueryLookback: number;
  /** What is older is not read while only the ingesters hold it, until a flush. 0: all is. */
  queryIngestersWithin: number;
  /** 0: no limit. */
  maxFetchedSeries: number;
  maxFetchedChunks: number;
  maxExemplars: number;
  /** 0: no limit. */
  maxLabelValues: number;
  retention: number;
  /** Which kinds of remote read it offers. */
  remoteRead: "streamed" | "sampled" | "none";
  /** Bytes of chunks in one frame. */
  frameBytes: number;
  /** Query ranges take in both borders, as before Prometheus 3. */
  closedRanges: boolean;
  /** A Prometheus adds these to every series that remote read gives. */
  externalLabels: Readonly<Record<string, string>>;
  remoteWriteReceiver: boolean;
  /** `--web.enable-admin-api` */
  adminApi: boolean;
  /** After so many frames the stream ends with an error in plain text; -1: never. */
  streamErrorAfter: number;
  /** What it cannot read, as of a damaged chunk: a query that comes upon it answers 500. Labels as JSON, time in ms. */
  isUnreadable?: ((labels: string, time: number) => boolean) | undefined;
  /** What it cannot store: 500 to the write that holds it. */
  failsToTake?: ((labels: string, time: number) => boolean) | undefined;
}

const DAY = 86_400_000;

export const DEFAULT_KNOBS: MimirKnobs = {
  outOfOrderTimeWindow: 0,
  pastGracePeriod: 0,
  creationGracePeriod: 600_000,
  nativeHistograms: true,
  ingestionRate: 0,
  maxQueryLookback: 0,
  queryIngestersWithin: 0,
  maxFetchedSeries: 0,
  maxFetchedChunks: 2_000_000,
  maxExemplars: 100_000,
  maxLabelValues: 0,
  retention: 0,
  remoteRead: "streamed",
  frameBytes: 1_048_576,
  closedRanges: false,
  externalLabels: {},
  remoteWriteReceiver: true,
  adminApi: true,
  streamErrorAfter: -1,
};

/** What differs by server. */
export const FLAVOURS: Readonly<Record<Flavour, Partial<MimirKnobs>>> = {
  mimir: {},
  prometheus: { retention: 15 * DAY },
  cortex: { remoteRead: "sampled", closedRanges: true, nativeHistograms: false },
};

/** The time before which nothing is read, ms. */
export function oldestRead({ maxQueryLookback, queryIngestersWithin }: MimirKnobs, now: number): number {
  const within = [maxQueryLookback, queryIngestersWithin].filter((length) => length > 0);
  return now - Math.min(Number.POSITIVE_INFINITY, ...within);
}

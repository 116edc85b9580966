/** `[gap to the span before (or first index), how many buckets]` */
export type Span = readonly [offset: number, length: number];

export interface Buckets {
  readonly spans: readonly Span[];
  /** Differences from the bucket before in an integer histogram; each count's double bits in a float histogram. */
  readonly values: readonly bigint[];
}

/**
 * One native histogram. Every double in it is its 64 bits, every integer exact.
 * Source: prometheus `model/histogram`, `prompb/types.proto`.
 */
export interface HistogramSample {
  /** ms */
  readonly timestamp: number;
  /** When its counter started, ms, where the server knows. */
  readonly start?: number;
  readonly kind: "integer" | "float";
  readonly schema: number;
  /** double bits */
  readonly zeroThreshold: bigint;
  /** An integer, or double bits in a float histogram; so is `count`. */
  readonly zeroCount: bigint;
  readonly count: bigint;
  /** double bits; the stale marker stands here */
  readonly sum: bigint;
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Bucket borders of schema -53, double bits. */
  readonly customValues: readonly bigint[];
  /**
   * `reset`: counting began anew with this one. `gauge`: it may go down at any time. What the server only infers from
   * its neighbours ("unknown", "no reset") is left out: it depends on how the server happens to cut its chunks.
   */
  readonly hint?: "reset" | "gauge";
}

/** Prometheus' marker for "this series has ended" (`model/value/value.go`). */
export const STALE_BITS = 0x7ff0000000000002n;

export const NO_BUCKETS: Buckets = { spans: [], values: [] };

/** A stale histogram has nothing but its sum. */
export const staleHistogram = (timestamp: number, kind: HistogramSample["kind"]): HistogramSample => ({
  timestamp,
  kind,
  schema: 0,
  zeroThreshold: 0n,
  zeroCount: 0n,
  count: 0n,
  sum: STALE_BITS,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
  customValues: [],
});

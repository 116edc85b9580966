/** A chunk that could not be read, as it came. */
export interface RawChunk {
  readonly encoding: number;
  /** ms, both inclusive */
  readonly minTime: number;
  readonly maxTime: number;
  readonly data: Uint8Array;
}

/**
 * The samples of one series, in columns: time in ms, and the value's 64 bits as two words.
 * A reader fills one instance again and again, so that reading does not allocate.
 */
export class Series {
  count = 0;
  times: Float64Array;
  high: Uint32Array;
  low: Uint32Array;
  /** When each sample's counter started, ms, 0 when unknown; used once a chunk carries it. */
  starts = new Float64Array(0);
  histograms: HistogramSample[] = [];
  raw: RawChunk[] = [];

  constructor(capacity = 1024) {
    this.times = new Float64Array(capacity);
    this.high = new Uint32Array(capacity);
    this.low = new Uint32Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.starts = new Float64Array(0);
    this.histograms = [];
    this.raw = [];
  }

  /** Makes room for `extra` more samples. */
  reserve(extra: number): void {
    if (this.count + extra <= this.times.length) return;
    const capacity = Math.max(this.count + extra, this.times.length * 2);
    this.times = grown(new Float64Array(capacity), this.times);
    this.high = grown(new Uint32Array(capacity), this.high);
    this.low = grown(new Uint32Array(capacity), this.low);
    if (this.starts.length > 0) this.starts = grown(new Float64Array(capacity), this.starts);
  }

  /** Room must have been reserved. */
  push(time: number, high: number, low: number): void {
    const at = this.count;
    this.times[at] = time;
    this.high[at] = high;
    this.low[at] = low;
    this.count = at + 1;
  }

  /** The start time of the sample that was pushed last. */
  setStart(start: number): void {
    if (this.starts.length < this.times.length)
      this.starts = grown(new Float64Array(this.times.length), this.starts);
    this.starts[this.count - 1] = start;
  }
}

function grown<Column extends Float64Array | Uint32Array>(larger: Column, column: Column): Column {
  larger.set(column);
  return larger;
}

/** `[gap to the span before (or first index), how many buckets]` */
export type Span = readonly [offset: number, length: number];

/** One side, positive or negative, of a native histogram: `spans` say which buckets `values` are of. */
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

/** The value by which Prometheus marks that a series has ended (`model/value/value.go`). */
export const STALE_BITS = 0x7ff0000000000002n;

/** A side without buckets. */
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

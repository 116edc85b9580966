import { type HistogramSample, STALE_BITS } from "../../../plugins/mimir/chunk/series.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import { encodeHistogramChunk, fitsChunk } from "./histogram-chunk.ts";
import { encodeXorChunk } from "./xor.ts";

/** A sample: a double's bits, or a native histogram. */
export interface Point {
  /** ms */
  readonly time: number;
  readonly bits: bigint;
  readonly histogram?: HistogramSample;
}

export interface Chunk {
  readonly minTime: number;
  readonly maxTime: number;
  /** As `prompb.Chunk.Encoding`. */
  readonly encoding: number;
  readonly data: Uint8Array;
}

/** One series, recorded or made up when it is read. Times in ms, all ranges with both ends. */
export interface LabSeries {
  readonly labels: Labels;
  readonly first: number;
  readonly last: number;
  points(from: number, to: number): readonly Point[];
  /** Samples that are no stale markers. */
  count(from: number, to: number): number;
  /** Whole chunks, of which some part lies in the range. */
  chunks(from: number, to: number): readonly Chunk[];
}

export const isStale = ({ bits, histogram }: Point): boolean => (histogram?.sum ?? bits) === STALE_BITS;

const CHUNK_POINTS = 120;

/** What was written: points in time order, one a time. */
export class RecordedSeries implements LabSeries {
  readonly labels: Labels;
  private readonly all: Point[] = [];
  private cut: Chunk[] | undefined;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  get first(): number {
    return this.all[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  get last(): number {
    return this.all.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  }

  at(time: number): Point | undefined {
    const point = this.all[this.indexOf(time)];
    return point?.time === time ? point : undefined;
  }

  add(point: Point): void {
    this.cut = undefined;
    if (point.time > this.last) this.all.push(point);
    else this.all.splice(this.indexOf(point.time), 0, point);
  }

  remove(from: number, to: number): void {
    this.cut = undefined;
    this.all.splice(this.indexOf(from), this.indexOf(to + 1) - this.indexOf(from));
  }

  points(from: number, to: number): readonly Point[] {
    return this.all.slice(this.indexOf(from), this.indexOf(to + 1));
  }

  count(from: number, to: number): number {
    return this.points(from, to).filter((point) => !isStale(point)).length;
  }

  chunks(from: number, to: number): readonly Chunk[] {
    this.cut ??= toChunks(this.all);
    return this.cut.filter(({ minTime, maxTime }) => maxTime >= from && minTime <= to);
  }

  /** Where the first point at or after this time stands. */
  private indexOf(time: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.all[middle]?.time ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A chunk holds up to 120 samples of one kind. */
export function toChunks(points: readonly Point[]): Chunk[] {
  const groups: Point[][] = [];
  for (const point of points) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (group !== undefined && first !== undefined && group.length < CHUNK_POINTS && together(first, point)) {
      group.push(point);
    } else groups.push([point]);
  }
  return groups.map(toChunk);
}

function together({ histogram: first }: Point, { histogram: next }: Point): boolean {
  if (first === undefined || next === undefined) return first === next;
  return fitsChunk(first, next);
}

function toChunk(points: readonly Point[]): Chunk {
  const histograms = points.flatMap(({ histogram }) => histogram ?? []);
  const [first] = histograms;
  return {
    minTime: points[0]?.time ?? 0,
    maxTime: points.at(-1)?.time ?? 0,
    encoding: first === undefined ? 1 : first.kind === "integer" ? 2 : 3,
    data: first === undefined ? encodeXorChunk(points) : encodeHistogramChunk(histograms),
  };
}

import type { HistogramSample } from "./histogram-sample.ts";
import type { Series } from "./series.ts";

/** In one series of one answer: an hour with a sample every millisecond. */
const SAMPLES_MAX = 1 << 22;
/** Of all its histograms: an hour with one of a thousand buckets every half a second. */
const BUCKETS_MAX = 1 << 23;

/** Tells when one series, which grows, has more than is held at once: a server may go on with it for ever. */
export function createRoom(): (series: Series) => boolean {
  let [counted, buckets] = [0, 0];
  return ({ count, histograms, raw }) => {
    for (; counted < histograms.length; counted += 1) buckets += bucketsOf(histograms[counted]);
    return count + raw.length + counted <= SAMPLES_MAX && buckets <= BUCKETS_MAX;
  };
}

const bucketsOf = (histogram: HistogramSample | undefined): number =>
  (histogram?.positive.values.length ?? 0) + (histogram?.negative.values.length ?? 0);

import { BitReader } from "./bits.ts";
import { type HistogramChunkHead, readFloatHistogramChunk, readHistogramChunk } from "./histogram-chunk.ts";
import type { RawChunk, Series } from "./series.ts";
import { readStartHeader, StartTimes } from "./start-times.ts";
import { readXorChunk } from "./xor.ts";
import { readXor2Chunk } from "./xor2.ts";

const bits = new BitReader();

/** A chunk has some hundred samples. A bit of a larger one may stand for a bucket that takes thirty bytes of memory. */
const CHUNK_BYTES_MAX = 1 << 20;

/** How each `Chunk.type` of `prompb/types.proto` is read. */
const READERS: Readonly<Record<number, (series: Series) => void>> = {
  1: (series) => readXorChunk(bits, series),
  2: (series) => readHistogramChunk(bits, readHead(), series),
  3: (series) => readFloatHistogramChunk(bits, readHead(), series),
  4: (series) => readXor2Chunk(bits, series),
  5: (series) => readHistogramChunk(bits, readStartedHead(), series),
  6: (series) => readFloatHistogramChunk(bits, readStartedHead(), series),
};

/**
 * Appends a chunk's samples to the series. A chunk of an encoding that is not known, or that does not decode, is kept
 * as it came in `series.raw`: nothing is guessed.
 */
export function readChunk(chunk: RawChunk, series: Series): void {
  const read = READERS[chunk.encoding];
  const [samples, histograms] = [series.count, series.histograms.length];
  try {
    if (chunk.data.length > CHUNK_BYTES_MAX) throw new RangeError("more than a chunk holds");
    if (read === undefined) throw new RangeError("an encoding that is not known");
    bits.load(chunk.data);
    read(series);
    bits.check();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    series.count = samples;
    series.histograms.length = histograms;
    series.raw.push({ ...chunk, data: chunk.data.slice() });
  }
}

/** 2 bytes of count, 1 of flags. */
function readHead(): HistogramChunkHead {
  return { count: bits.take(16), flags: bits.take(8) };
}

/** With start times: 2 bits of flags and 14 of count, then the start header. */
function readStartedHead(): HistogramChunkHead {
  const word = bits.take(16);
  return { count: word & 0x3fff, flags: (word >>> 14) << 6, starts: new StartTimes(readStartHeader(bits)) };
}

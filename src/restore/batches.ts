import { linesOf } from "../snapshot/format/lines.ts";
import { MATCHED_MAX } from "./matching.ts";

/** Chooses the size of the next `apply` call, in bytes of lines, from how the last one went. */
export interface BatchSize {
  /** Asked before each batch. */
  next(): number;
  /** @param ms how long the batch took @param wrote whether it wrote anything rather than finding it all there */
  learn(ms: number, wrote: boolean): void;
}

/** Servers accept a few MiB, and a smaller failed batch loses less. */
const BYTES_MAX = 1 << 20;
const BYTES_FIRST = 1 << 18;
const BYTES_MIN = 1 << 15;
/** A batch that only checks existing data should not be silent for longer. ms */
const LOOK_MS = 2_000;

/**
 * Batches grow to a MiB, and shrink only if everything exists already and checking is slow: progress then shows, and writing,
 * which often waits for the server once per batch, is not slowed down.
 */
export function createBatchSize(): BatchSize {
  let bytes = BYTES_FIRST;
  return {
    next: () => bytes,
    learn(ms, wrote) {
      const isSlowLook = !wrote && ms > LOOK_MS;
      bytes = isSlowLook ? Math.max(BYTES_MIN, bytes / 2) : Math.min(BYTES_MAX, bytes * 2);
    },
  };
}

/** Decides which part of each line to write, in order. */
export type Keep = (lines: readonly string[]) => Promise<readonly (string | undefined)[]>;

/** Divides a block's lines into batches of about `size` bytes; a longer line is a batch of its own. */
export async function* batchesOf(
  bytes: Uint8Array,
  keep: Keep | undefined,
  size: () => number,
): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  let filled = 0;
  for (const { lines, lengths } of asked(bytes)) {
    const kept = keep === undefined ? lines : await keep(lines);
    for (const [index, line] of kept.entries()) {
      if (line === undefined) continue;
      const length = lengths[index] ?? 0;
      if (filled > 0 && filled + length > size()) {
        yield batch;
        batch = [];
        filled = 0;
      }
      batch.push(line);
      filled += length;
    }
  }
  if (batch.length > 0) yield batch;
}

/** The lines and their sizes in bytes, in groups for which the matcher is called. */
function* asked(bytes: Uint8Array): Generator<{ readonly lines: string[]; readonly lengths: number[] }> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let [lines, lengths, filled]: [string[], number[], number] = [[], [], 0];
  for (const raw of linesOf(bytes)) {
    lines.push(decoder.decode(raw));
    lengths.push(raw.length);
    filled += raw.length;
    if (filled < MATCHED_MAX) continue;
    yield { lines, lengths };
    [lines, lengths, filled] = [[], [], 0];
  }
  if (lines.length > 0) yield { lines, lengths };
}

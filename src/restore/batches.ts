import { linesOf } from "../snapshot/format/lines.ts";

/** Says how many bytes of lines the next call of `apply` gets, from how the last one went. */
export interface BatchSize {
  /** Asked before each batch. */
  next(): number;
  /** @param ms how long the batch took @param wrote whether anything of it was written, not just found to be there */
  learn(ms: number, wrote: boolean): void;
}

/** Servers take a few MiB, and less is lost when one fails. */
const BYTES_MAX = 1 << 20;
const BYTES_FIRST = 1 << 18;
const BYTES_MIN = 1 << 15;
/** A batch that only looks through what is there already should not be silent for longer. ms */
const LOOK_MS = 2_000;

/**
 * Batches grow to a MiB, and become smaller only where all is there already and looking takes long: so progress shows, and
 * what is written, which often waits for the server once a batch, is not slowed down.
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

/** Cuts a block's lines into batches of about `size` bytes; a line that is longer than a batch is one of its own. */
export function* batchesOf(
  bytes: Uint8Array,
  keep: (line: string) => string | undefined,
  size: () => number,
): Generator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let batch: string[] = [];
  let filled = 0;
  for (const raw of linesOf(bytes)) {
    const line = keep(decoder.decode(raw));
    if (line === undefined) continue;
    if (filled > 0 && filled + raw.length > size()) {
      yield batch;
      batch = [];
      filled = 0;
    }
    batch.push(line);
    filled += raw.length;
  }
  if (batch.length > 0) yield batch;
}

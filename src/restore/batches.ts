import { linesOf } from "../snapshot/format/lines.ts";

/** About how many bytes of lines one call of `apply` gets: servers take a few MiB, and less is lost when one fails. */
const BATCH_BYTES = 1 << 20;

/** Cuts a block's lines into batches; a line that is longer than a batch is one of its own. */
export function* batchesOf(
  bytes: Uint8Array,
  keep: (line: string) => string | undefined,
): Generator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let batch: string[] = [];
  let size = 0;
  for (const raw of linesOf(bytes)) {
    const line = keep(decoder.decode(raw));
    if (line === undefined) continue;
    if (size > 0 && size + raw.length > BATCH_BYTES) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(line);
    size += raw.length;
  }
  if (batch.length > 0) yield batch;
}

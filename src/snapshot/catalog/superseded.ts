/**
 * Finds records that a newer snapshot supersedes without holding them: for data without a time line, such as Grafana's
 * annotations, a snapshot is complete for its time, and anything deleted before it must not come back.
 */
import type { Json } from "../../contract/contract.ts";
import { type Range, toMs } from "../../units/range.ts";
import { SnapshotError } from "../format/errors.ts";
import { recordsOf } from "../format/record-keys.ts";
import { createMarks, type Marks } from "./marks.ts";
import type { PlacedBlock, RepeatsOptions } from "./repeats.ts";

interface SupersededOptions extends RepeatsOptions {
  /** By snapshot, oldest first: the times for which it is complete. */
  readonly heldBy: readonly (readonly Range[])[];
}

/** By block, the records whose time a newer snapshot covers; no entry if none. @throws the signal's reason */
export async function findSuperseded(options: SupersededOptions): Promise<Map<PlacedBlock, Marks>> {
  const { file, blocks, heldBy, lines, signal } = options;
  const found = new Map<PlacedBlock, Marks>();
  for (const placed of blocks) {
    signal.throwIfAborted();
    const newer = heldBy.slice(placed.link + 1).flat();
    if (newer.length === 0) continue;
    const marks = await marksIn(file, lines(placed), newer);
    if (marks.size > 0) found.set(placed, marks);
  }
  return found;
}

async function marksIn(file: string, lines: AsyncIterable<string>, newer: readonly Range[]): Promise<Marks> {
  const marks = createMarks();
  const times = newer.map(({ from, to }) => ({ from: toMs(from), to: toMs(to) }));
  try {
    for await (const text of lines) {
      const line: Json = JSON.parse(text);
      for (const { timeMs } of recordsOf(file, line)) {
        if (times.some(({ from, to }) => timeMs >= from && timeMs < to)) marks.add(marks.of);
        marks.of += 1;
      }
    }
  } catch (error) {
    // The restore that reads the block reports the damage.
    if (error instanceof SnapshotError || error instanceof SyntaxError) return createMarks();
    throw error;
  }
  marks.settle();
  return marks;
}

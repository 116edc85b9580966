/** Carries out a restore plan: block after block, in bounded memory, resumable, every refused record kept. */
import { patiently } from "../export/patiently.ts";
import type { RetryPolicy } from "../export/retry.ts";
import type { Counts, Rejected } from "../plugin/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { relievePressure } from "../snapshot/memory-pressure.ts";
import { batchesOf } from "./batches.ts";
import { type BlockOutcome, countRejected, type RestoreJournal } from "./journal.ts";
import type { RestorePlan, RestoreTarget } from "./plan.ts";
import type { PlannedFile } from "./select.ts";

export interface RestoreProgress {
  readonly name: string;
  /** 0 to 1, in blocks. */
  readonly done: number;
  readonly written: Counts;
  readonly rejected: number;
  /** Read from the snapshot, after decompression. */
  readonly bytes: number;
}

export interface RunOptions {
  readonly plan: RestorePlan;
  readonly journal: RestoreJournal;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly retry?: RetryPolicy;
}

export interface TargetOutcome {
  readonly name: string;
  readonly written: Counts;
  /** Already there, left as it was. */
  readonly existing: Counts;
  readonly rejected: number;
  /** Records that a server of this kind has no place for. */
  readonly unsupported: number;
  /** What was written, but not whole: secrets that nobody gave. */
  readonly problems: BlockOutcome["problems"];
  /** Why it could not be finished; absent when everything was offered to the server. */
  readonly failure?: string;
}

/** Restores every target; the failure of one never stops the others. @throws the signal's reason when it is aborted */
export async function runRestore(options: RunOptions): Promise<TargetOutcome[]> {
  using _pressure = relievePressure();
  const outcomes = await Promise.all(options.plan.targets.map((target) => restoreTarget(target, options)));
  options.signal.throwIfAborted();
  return outcomes;
}

interface Tally {
  readonly written: Record<string, number>;
  readonly existing: Record<string, number>;
  rejected: number;
  unsupported: number;
  readonly problems: BlockOutcome["problems"][number][];
  blocks: number;
  bytes: number;
}

async function restoreTarget(target: RestoreTarget, options: RunOptions): Promise<TargetOutcome> {
  const refused = { rejected: 0, unsupported: 0 };
  const tally: Tally = { written: {}, existing: {}, ...refused, problems: [], blocks: 0, bytes: 0 };
  const total = target.files.reduce((sum, { blocks }) => sum + blocks.length, 0);
  const summary = () => ({
    name: target.name,
    written: tally.written,
    existing: tally.existing,
    rejected: tally.rejected,
    unsupported: tally.unsupported,
    problems: tally.problems,
  });
  try {
    for (const file of target.files) {
      for (const block of file.blocks) {
        options.signal.throwIfAborted();
        await restoreBlock(target, file, block, tally, options);
        tally.blocks += 1;
        tally.bytes += block.raw ?? block.bytes;
        options.onProgress?.({ ...summary(), bytes: tally.bytes, done: tally.blocks / total });
      }
    }
    return summary();
  } catch (error) {
    return { ...summary(), failure: error instanceof Error ? error.message : String(error) };
  }
}

async function restoreBlock(
  target: RestoreTarget,
  file: PlannedFile,
  block: Block,
  tally: Tally,
  options: RunOptions,
): Promise<void> {
  let done = options.journal.done(target.name, block);
  if (done === undefined) {
    const outcome = await writeBlock(target, file, block, options);
    await options.journal.record(target.name, block, outcome);
    done = { ...outcome, ...countRejected(outcome.rejected) };
  }
  addCounts(tally.written, done.written);
  addCounts(tally.existing, done.existing);
  tally.rejected += done.rejected;
  tally.unsupported += done.unsupported;
  tally.problems.push(...done.problems);
}

async function writeBlock(
  target: RestoreTarget,
  { file }: PlannedFile,
  block: Block,
  options: RunOptions,
): Promise<BlockOutcome> {
  const { restore } = target.open.backend;
  if (restore === undefined) throw new Error(`${target.name} cannot restore`);
  const bytes = await options.plan.snapshot.read(block);
  const written: Record<string, number> = {};
  const existing: Record<string, number> = {};
  const rejected: Rejected[] = [];
  const problems: BlockOutcome["problems"][number][] = [];
  for (const lines of linesFor(target, file, block, bytes)) {
    const batch = { file, lines, range: target.range, labels: target.labels };
    const answer = await patiently(() => restore.apply(batch, options.signal), options.signal, options.retry);
    addCounts(written, answer.written);
    addCounts(existing, answer.existing ?? {});
    rejected.push(...(answer.rejected ?? []));
    problems.push(...(answer.problems ?? []));
  }
  return { written, existing, rejected, problems };
}

/** An object is one text, whatever newlines it has; records come as lines. */
function linesFor(
  target: RestoreTarget,
  file: string,
  block: Block,
  bytes: Uint8Array,
): Iterable<readonly string[]> {
  const { matcher } = target;
  const keep = (line: string): string | undefined => (matcher === undefined ? line : matcher(line, file));
  if (block.range !== undefined) return batchesOf(bytes, keep);
  const text = keep(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  return text === undefined ? [] : [[text]];
}

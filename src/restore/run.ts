/** Carries out a restore plan: block after block, in bounded memory, resumable, every refused record kept. */

import type { Counts, Rejected } from "../contract/contract.ts";
import { patiently } from "../engine/patiently.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { relievePressure } from "../snapshot/memory-pressure.ts";
import { type Additions, createAdditions } from "../snapshot/read/additions.ts";
import { type BatchSize, batchesOf, createBatchSize, type Keep } from "./batches.ts";
import { writeBytes } from "./bytes.ts";
import { type BlockDone, type BlockOutcome, countRejected, type RestoreJournal } from "./journal.ts";
import { type LostBlock, readOrLose } from "./lost.ts";
import { matchLines } from "./matching.ts";
import type { RestorePlan, RestoreTarget } from "./plan.ts";
import { isOfBytes, type PlannedFile } from "./select.ts";

export interface RestoreProgress {
  readonly name: string;
  /** 0 to 1, in blocks and parts of one. */
  readonly done: number;
  readonly written: Counts;
  /** Found to be there already. */
  readonly existing: Counts;
  readonly rejected: number;
  /** Read from the snapshot, after decompression. */
  readonly bytes: number;
}

export interface RunOptions {
  readonly plan: RestorePlan;
  readonly journal: RestoreJournal;
  readonly signal: AbortSignal;
  /** Records are about to be offered to this target; its next progress tells what came of it. */
  readonly onOffer?: (name: string) => void;
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
  /** Damaged blocks: nothing of them was written. */
  readonly lost: readonly LostBlock[];
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
  readonly lost: LostBlock[];
  blocks: number;
  bytes: number;
}

const newTally = (): Tally => ({
  written: {},
  existing: {},
  rejected: 0,
  unsupported: 0,
  problems: [],
  lost: [],
  blocks: 0,
  bytes: 0,
});

/** One target while it is restored. */
interface Run {
  readonly target: RestoreTarget;
  readonly options: RunOptions;
  readonly tally: Tally;
  readonly size: BatchSize;
  /** Blocks that are to be written. */
  readonly total: number;
}

async function restoreTarget(target: RestoreTarget, options: RunOptions): Promise<TargetOutcome> {
  const total = target.files.reduce((sum, { blocks }) => sum + blocks.length, 0);
  const run: Run = { target, options, tally: newTally(), size: createBatchSize(), total };
  const summary = (): TargetOutcome => {
    const { blocks: _, bytes: __, ...told } = run.tally;
    return { name: target.name, ...told };
  };
  try {
    for (const lost of target.lost) passOver(run, lost);
    for (const file of target.files) {
      if (isOfBytes(file)) {
        await restoreBytes(run, file);
        continue;
      }
      const additions = additionsTo(file, run);
      for (const block of file.blocks) {
        options.signal.throwIfAborted();
        await restoreBlock(run, file, block, additions);
        run.tally.blocks += 1;
        run.tally.bytes += bytesOf(block);
        tellProgress(run);
      }
    }
    return summary();
  } catch (error) {
    return { ...summary(), failure: error instanceof Error ? error.message : String(error) };
  }
}

/** A block that was written before it was damaged is not lost. */
function passOver({ target, options, tally }: Run, lost: LostBlock): void {
  const done = options.journal.done(target.name, lost.block);
  if (done === undefined) tally.lost.push(lost);
  else addDone(tally, done);
}

const bytesOf = (block: Block): number => block.raw ?? block.bytes;

/** What is known of a block while it is written. */
interface Underway {
  readonly block: Block;
  readonly written: Counts;
  readonly existing: Counts;
  /** Lines that were dealt with. */
  readonly lines: number;
}

function tellProgress({ target, options, tally, total }: Run, underway?: Underway): void {
  const share = underway === undefined ? 0 : underway.lines / Math.max(1, underway.block.records);
  const [written, existing] = [{ ...tally.written }, { ...tally.existing }];
  addCounts(written, underway?.written ?? {});
  addCounts(existing, underway?.existing ?? {});
  options.onProgress?.({
    name: target.name,
    written,
    existing,
    rejected: tally.rejected,
    bytes: Math.round(tally.bytes + (underway === undefined ? 0 : share * bytesOf(underway.block))),
    done: (tally.blocks + share) / total,
  });
}

/** What was added is offered with what it was added to; what is damaged of it is told when its own turn comes. */
const additionsTo = ({ blocks }: PlannedFile, { target, options }: Run): Additions =>
  createAdditions(blocks, async (block) => {
    const bytes = await readOrLose(options.plan.snapshot, target.name, block);
    return bytes instanceof Uint8Array ? bytes : undefined;
  });

/** A file of bytes is one piece of work, and its first block stands for it in the journal. */
async function restoreBytes(run: Run, file: PlannedFile): Promise<void> {
  const { target, options, tally } = run;
  const { plan, journal, signal, retry } = options;
  const [first] = file.blocks;
  if (first === undefined) return;
  signal.throwIfAborted();
  let done = journal.done(target.name, first);
  if (done === undefined) {
    options.onOffer?.(target.name);
    const outcome = await writeBytes(file, { snapshot: plan.snapshot, target, signal, retry });
    await journal.record(target.name, first, outcome);
    done = { ...outcome, ...countRejected(file.file, outcome.rejected) };
  }
  addDone(tally, done);
  tally.blocks += file.blocks.length;
  tally.bytes += file.blocks.reduce((sum, block) => sum + bytesOf(block), 0);
  tellProgress(run);
}

/** Damage is not noted in the journal: by the time it goes on, the block may have been put back from another copy. */
async function restoreBlock(run: Run, file: PlannedFile, block: Block, additions: Additions): Promise<void> {
  const { target, options, tally } = run;
  const earlier = options.journal.done(target.name, block);
  if (earlier !== undefined) {
    await takeAgain(run, block, additions, earlier);
    return addDone(tally, earlier);
  }
  const bytes = await readOrLose(options.plan.snapshot, target.name, block);
  if (!(bytes instanceof Uint8Array)) {
    additions.pass(block);
    return void tally.lost.push(bytes);
  }
  const { bytes: whole, taken: joined } = await additions.joined(block, bytes);
  const outcome = { ...(await writeBlock(run, file, block, whole)), joined };
  await options.journal.record(target.name, block, outcome);
  addDone(tally, { ...outcome, ...countRejected(file.file, outcome.rejected) });
}

/** What an interrupted run gave out with a block is taken once more, from the same blocks, so that nobody gives it out again. */
async function takeAgain({ target, options }: Run, block: Block, additions: Additions, earlier: BlockDone) {
  const { joined = [] } = earlier;
  const bytes = joined.length === 0 ? undefined : await readOrLose(options.plan.snapshot, target.name, block);
  if (!(bytes instanceof Uint8Array)) return additions.pass(block);
  const isOne = (added: Block) =>
    joined.some(({ file, offset }) => file === added.file && offset === added.offset);
  await additions.joined(block, bytes, isOne);
}

function addDone(tally: Tally, done: BlockDone): void {
  addCounts(tally.written, done.written);
  addCounts(tally.existing, done.existing);
  tally.rejected += done.rejected;
  tally.unsupported += done.unsupported;
  tally.problems.push(...done.problems);
}

async function writeBlock(
  run: Run,
  { file }: PlannedFile,
  block: Block,
  bytes: Uint8Array,
): Promise<BlockOutcome> {
  const { target, options, size } = run;
  const { restore } = target.open.backend;
  if (restore === undefined) throw new Error(`${target.name} cannot restore`);
  const written: Record<string, number> = {};
  const existing: Record<string, number> = {};
  const rejected: Rejected[] = [];
  const problems: BlockOutcome["problems"][number][] = [];
  let done = 0;
  for await (const lines of linesFor(run, file, block, bytes)) {
    const began = performance.now();
    const batch = { file, lines, range: target.range, labels: target.labels };
    options.onOffer?.(target.name);
    const answer = await patiently(() => restore.apply(batch, options.signal), options.signal, options.retry);
    addCounts(written, answer.written);
    addCounts(existing, answer.existing ?? {});
    rejected.push(...(answer.rejected ?? []));
    problems.push(...(answer.problems ?? []));
    const wrote = Object.values(answer.written).some((count) => count > 0);
    size.learn(performance.now() - began, wrote);
    done += lines.length;
    tellProgress(run, { block, written, existing, lines: done });
  }
  return { written, existing, rejected, problems };
}

/** An object is one text, whatever newlines it has; records come as lines. */
async function* linesFor(
  { target, size, options }: Run,
  file: string,
  block: Block,
  bytes: Uint8Array,
): AsyncGenerator<readonly string[]> {
  const { matcher } = target;
  const keep: Keep | undefined =
    matcher === undefined ? undefined : (lines) => matchLines(matcher, lines, file, options.signal);
  if (block.range !== undefined) return yield* batchesOf(bytes, keep, size.next);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const [kept] = keep === undefined ? [text] : await keep([text]);
  if (kept !== undefined) yield [kept];
}

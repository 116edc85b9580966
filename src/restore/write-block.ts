/** Restores one block: reads it, joins what was added to it, writes it in batches, and notes it in the journal. */
import type { Counts, Differing, Rejected, RestoreAnswer, RestoreBatch } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { Reservation } from "../engine/memory-budget.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { Additions } from "../snapshot/read/additions.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import { toldDiffering } from "../verify/compare-objects.ts";
import { type BatchSize, batchesOf, type Keep } from "./batches.ts";
import { existingFor } from "./compared.ts";
import { type Contents, withContents } from "./contents.ts";
import type { Doubts } from "./doubts.ts";
import { type BlockDone, type BlockOutcome, countRejected, type RestoreJournal } from "./journal.ts";
import { readOrLose } from "./lost.ts";
import { matchLines } from "./matching.ts";
import { offerLines } from "./offer.ts";
import type { RestoreTarget } from "./plan.ts";
import type { PlannedFile } from "./select.ts";
import type { RestoreTally } from "./tally.ts";

/** A target's block, with what belongs to it from other blocks. */
export interface BlockJob {
  /** The data file as the plugin knows it, or the object's path. */
  readonly file: string;
  readonly block: Block;
  readonly additions: Additions;
  /** See `PlannedFile`. */
  readonly beside?: number;
  /** For a file of bytes, which is written whole: represented by its first block. */
  readonly whole?: PlannedFile;
}

/** What is needed to write the blocks of a target. */
export interface Writing {
  readonly target: RestoreTarget;
  readonly snapshot: OpenSnapshot;
  readonly journal: RestoreJournal;
  readonly size: BatchSize;
  readonly tally: RestoreTally;
  /** What its lines name. */
  readonly contents: Contents;
  readonly signal: AbortSignal;
  readonly doubts: Doubts;
  /** Sends records to the server at a pace that it can take, and tells of it. */
  readonly offer: <Answer>(send: (limit: ConcurrencyLimit) => Promise<Answer>) => Promise<Answer>;
}

/**
 * Damage is not noted in the journal: by the time the restore continues, the block may have been replaced from another copy.
 * @returns the bytes that were held
 */
export async function restoreBlock(
  job: BlockJob,
  reservation: Reservation,
  writing: Writing,
): Promise<number> {
  const bytes = await restored(job, reservation, writing);
  writing.tally.close(job.block);
  return bytes;
}

async function restored(job: BlockJob, reservation: Reservation, writing: Writing): Promise<number> {
  const { block, additions } = job;
  const { target, journal, tally, snapshot } = writing;
  const earlier = journal.done(target.name, block);
  if (earlier !== undefined) {
    await takeAgain(job, earlier, writing);
    tally.note(earlier);
    tally.leaveOut(block, earlier.erased);
    return 0;
  }
  const bytes = await readOrLose(snapshot, target.name, block);
  if (!(bytes instanceof Uint8Array)) {
    additions.pass(block);
    tally.lose(bytes);
    return 0;
  }
  const { bytes: whole, taken: joined } = await additions.joined(block, bytes);
  reservation.resize(whole.length);
  const erased = snapshot.erased?.(block);
  const outcome = { ...(await write(job, whole, writing)), joined, ...given({ erased }) };
  tally.leaveOut(block, erased);
  await writing.doubts.note(async () => {
    await journal.record(target.name, block, outcome);
    tally.note({ ...outcome, ...countRejected(job.file, outcome.rejected) });
  });
  return whole.length;
}

/** Takes from the same added blocks again what an interrupted run sent with a block, so that it is not sent twice. */
async function takeAgain(
  { block, additions }: BlockJob,
  { joined = [] }: BlockDone,
  { snapshot, target }: Writing,
): Promise<void> {
  const bytes = joined.length === 0 ? undefined : await readOrLose(snapshot, target.name, block);
  if (!(bytes instanceof Uint8Array)) return additions.pass(block);
  const isOne = (added: Block) =>
    joined.some(({ file, offset }) => file === added.file && offset === added.offset);
  await additions.joined(block, bytes, isOne);
}

async function write(job: BlockJob, bytes: Uint8Array, writing: Writing): Promise<BlockOutcome> {
  const { target, size, tally, doubts, offer } = writing;
  const { restore } = target.open.backend;
  if (restore === undefined) throw new Error(`${target.name} cannot restore`);
  const { file, block, beside } = job;
  const isOrdered = block.range !== undefined && beside === undefined;
  const written: Record<string, number> = {};
  const existing: Record<string, number> = {};
  const differing: Differing[] = [];
  const rejected: Rejected[] = [];
  const problems: BlockOutcome["problems"][number][] = [];
  let done = 0;
  const take = (answer: RestoreAnswer): void => {
    addCounts(written, answer.written);
    addCounts(existing, answer.existing ?? {});
    differing.push(...(answer.differing ?? []).map(toldDiffering));
    rejected.push(...(answer.rejected ?? []));
    problems.push(...(answer.problems ?? []));
  };
  const { range, labels } = target;
  const more = { file, range, labels, ...given({ existing: existingFor(target, file) }) };
  const batchOf = (lines: readonly string[]): RestoreBatch => ({ ...more, lines });
  const apply = withContents(restore, writing.contents);
  for await (const lines of linesFor(job, bytes, writing)) {
    const began = performance.now();
    const { answers, failure } = await offer((limit) => offerLines(lines, { file, limit, apply, batchOf }));
    answers.forEach(take);
    if (failure === undefined) await doubts.settle();
    else doubts.add(failure, isOrdered);
    size.learn(
      performance.now() - began,
      answers.some((answer) => hasAny(answer.written)),
    );
    done += lines.length;
    tally.isUnderway(block, { written, existing, lines: done });
  }
  return { written, existing, differing, rejected, problems };
}

const hasAny = (counts: Counts): boolean => Object.values(counts).some((count) => count > 0);

/** An object is one text, newlines included; records come as lines. */
async function* linesFor(
  { file, block }: BlockJob,
  bytes: Uint8Array,
  { target: { matcher }, size, signal }: Writing,
): AsyncGenerator<readonly string[]> {
  const keep: Keep | undefined =
    matcher === undefined ? undefined : (lines) => matchLines(matcher, lines, file, signal);
  if (block.range !== undefined) return yield* batchesOf(bytes, keep, size.next);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const [kept] = keep === undefined ? [text] : await keep([text]);
  if (kept !== undefined) yield [kept];
}

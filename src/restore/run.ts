/**
 * Carries out a restore plan through the engine: in the order that servers need, at a pace they can take, in bounded memory,
 * resumable, and with every refused record kept.
 */

import { type ConcurrencyLimit, createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { type DrainOptions, drain, type Jobs } from "../engine/drain.ts";
import { createMemoryBudget, type MemoryBudget, type Reservation } from "../engine/memory-budget.ts";
import { watchMemory } from "../engine/memory-pressure.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import { DEFAULT_TUNING, type Tuning } from "../engine/tuning.ts";
import { type OnWait, waitsOf } from "../engine/wait.ts";
import type { Block } from "../snapshot/format/block.ts";
import { createAdditions } from "../snapshot/read/additions.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { createBatchSize } from "./batches.ts";
import { restoreBytes } from "./bytes.ts";
import { createContents } from "./contents.ts";
import { createDoubts } from "./doubts.ts";
import type { RestoreJournal } from "./journal.ts";
import { type LostBlock, readOrLose } from "./lost.ts";
import type { PlannedRestore, RestoreTarget } from "./plan.ts";
import { isOfBytes, type PlannedFile } from "./select.ts";
import { createTally, type RestoreStanding, type Sum } from "./tally.ts";
import { type BlockJob, restoreBlock, type Writing } from "./write-block.ts";

/** The progress of one target. Existing records are reported apart from those written. */
export interface RestoreProgress extends RestoreStanding {
  readonly name: string;
  /** Number of retried calls. */
  readonly retries: number;
  /** The server has asked us to wait. */
  readonly waits: boolean;
  /** Records are in transit with an unknown outcome. */
  readonly unanswered: boolean;
}

interface RunOptions {
  readonly plan: PlannedRestore;
  readonly journal: RestoreJournal;
  readonly signal: AbortSignal;
  /** Records are about to be sent to this target; its next progress report tells their outcome. */
  readonly onOffer?: (name: string) => void;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly onWait?: OnWait;
  /** This target's block has been dealt with: written, found there, or lost. */
  readonly onPassed?: (name: string, block: Block) => void;
  /** Maximum number of concurrent batches for each target whose order allows it; the engine reduces it by itself. Default 8. */
  readonly concurrency?: number;
  readonly retry?: RetryPolicy;
  /** Engine numbers that differ from the defaults. */
  readonly tuning?: Partial<Tuning>;
}

/** What became of all of one backend's blocks, added up. */
export interface TargetOutcome extends Sum {
  readonly name: string;
  /** Why it could not be finished; absent when everything was sent to the server. */
  readonly failure?: string;
}

/** A batch may take long, because Tempo is queried until it shows what it received: for a minute, even of one trace. */
const RESTORE_TUNING: Tuning = { ...DEFAULT_TUNING, stepMs: 1_800_000, partMs: 120_000 };

/** Restores every target; one failure never stops the others. @throws the signal's reason when it is aborted */
export async function runRestore(options: RunOptions): Promise<TargetOutcome[]> {
  const { plan, signal, retry } = options;
  const tuning = { ...RESTORE_TUNING, ...given({ retry }), ...options.tuning };
  using memory = watchMemory();
  const budget = createMemoryBudget(tuning.heldBytes, memory.isPressed);
  const outcomes = await Promise.all(
    plan.targets.map((target) => {
      const tellWait = waitsOf(target.name, options.onWait);
      const limit = createConcurrencyLimit({
        concurrency: options.concurrency ?? 8,
        tuning,
        signal,
        tellWait,
      });
      return restoreTarget(target, { limit, budget }, options);
    }),
  );
  signal.throwIfAborted();
  return outcomes;
}

/** What limits the work on one target. */
interface Bounds {
  readonly limit: ConcurrencyLimit;
  /** Shared by all targets. */
  readonly budget: MemoryBudget;
}

async function restoreTarget(
  target: RestoreTarget,
  { limit, budget }: Bounds,
  options: RunOptions,
): Promise<TargetOutcome> {
  const { plan, journal, signal } = options;
  const { name } = target;
  const jobs = jobsOf(target, plan);
  const tally = createTally(jobs.length, () => tell());
  const tell = (): void => {
    const { retries } = limit;
    const waits = limit.slots() === 0;
    options.onProgress?.({ name, ...tally.standing(), retries, waits, unanswered: offered > 0 });
  };
  // A failed call has no answer, so nobody knows what of it was written.
  let offered = 0;
  limit.watch(tell);
  const offer: Writing["offer"] = async (send) => {
    options.onOffer?.(name);
    offered += 1;
    const answer = await send(limit);
    offered -= 1;
    return answer;
  };
  const size = createBatchSize();
  const doubts = createDoubts(limit.pardon);
  const { snapshot } = plan;
  const contents = createContents(snapshot, target.contents);
  const writing: Writing = { target, snapshot, journal, size, tally, contents, signal, doubts, offer };
  for (const lost of target.lost) passOver(lost, writing);
  try {
    await drain({
      ...inTurn(jobs, async (job, reservation) => {
        const bytes = await restoreJob(job, reservation, writing, options);
        for (const block of job.whole?.blocks ?? [job.block]) options.onPassed?.(name, block);
        return bytes;
      }),
      limit,
      budget,
      signal,
    });
    if (limit.givesUp()) throw new Error("it stopped answering");
    await doubts.end();
    return { name, ...tally.sum() };
  } catch (error) {
    return { name, ...tally.sum(), failure: messageOf(error) };
  }
}

function restoreJob(
  job: BlockJob,
  reservation: Reservation,
  writing: Writing,
  { retry, tuning }: Pick<RunOptions, "retry" | "tuning">,
): Promise<number> {
  if (job.whole === undefined) return restoreBlock(job, reservation, writing);
  return restoreBytes({ ...job, whole: job.whole }, { ...writing, retry: retry ?? tuning?.retry });
}

/** A block that was written before it was damaged is not lost. */
function passOver(lost: LostBlock, { target, journal, tally }: Writing): void {
  const done = journal.done(target.name, lost.block);
  if (done === undefined) tally.lose(lost);
  else tally.note(done);
}

/** The blocks of a target in the order in which they are written. */
const jobsOf = (target: RestoreTarget, plan: PlannedRestore): BlockJob[] =>
  target.files.flatMap((planned): BlockJob[] => {
    const { file, blocks, beside } = planned;
    const additions = additionsTo(planned, target, plan);
    // A file of bytes is one job, represented by its first block.
    if (isOfBytes(planned))
      return blocks.slice(0, 1).map((block) => ({ file, block, additions, whole: planned }));
    return blocks.map((block) => ({ file, block, additions, ...given({ beside }) }));
  });

/** Added records are sent together with those they belong to; damage is reported at the block's own turn. */
const additionsTo = ({ blocks }: PlannedFile, { name }: RestoreTarget, { snapshot }: PlannedRestore) =>
  createAdditions(blocks, async (block) => {
    const bytes = await readOrLose(snapshot, name, block);
    return bytes instanceof Uint8Array ? bytes : undefined;
  });

/** Runs the jobs in order, one at a time except those that may run concurrently. */
function inTurn(
  all: readonly BlockJob[],
  run: DrainOptions<BlockJob>["run"],
): Pick<DrainOptions<BlockJob>, "jobs" | "run"> {
  let [next, active] = [0, 0];
  let beside: number | undefined;
  const mayRun = (job: BlockJob): boolean =>
    active === 0 || (job.beside !== undefined && job.beside === beside);
  const jobs: Jobs<BlockJob> = {
    dueIn() {
      const job = all[next];
      return job !== undefined && mayRun(job) ? 0 : undefined;
    },
    take() {
      next += 1;
      return all[next - 1];
    },
    putBack() {
      next -= 1;
    },
    get size() {
      return all.length - next;
    },
  };
  return {
    jobs,
    async run(job, reservation) {
      active += 1;
      beside = job.beside;
      try {
        return await run(job, reservation);
      } finally {
        active -= 1;
      }
    },
  };
}

/** Runs one cursor to its end: it is committed, split, or given up and named. */

import type { Cursor } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { Effort } from "../engine/effort.ts";
import type { Pending } from "../engine/frontier.ts";
import type { Reservation } from "../engine/memory-budget.ts";
import { relieveNow } from "../engine/memory-pressure.ts";
import type { Once } from "../engine/once.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import type { Block, Commit } from "../snapshot/format/block.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { checkContents } from "../snapshot/write/check-contents.ts";
import { checkWaits } from "../snapshot/write/check-cursors.ts";
import { type CheckedStep, checkStep } from "../snapshot/write/check-step.ts";
import { given } from "../units/given.ts";
import type { ExportContext } from "./context.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { reasonOf } from "./ledger/reason.ts";
import { againCursor, parseReread } from "./ledger/reread-cursor.ts";
import { effortOf, type Splitter } from "./split.ts";
import type { StepSource } from "./whole/step-source.ts";
import { isReadWhole, readWhole } from "./whole/whole.ts";

/** One backend, and what each of its steps goes through. */
export interface StepOptions {
  readonly source: StepSource;
  readonly ledger: Ledger;
  readonly limit: ConcurrencyLimit;
  readonly context: ExportContext;
  /** The part of a step to keep. Default: all. */
  readonly admit?: (step: CheckedStep) => CheckedStep;
  /** What cursors have named. Default: the ledger's. */
  readonly once?: Once;
  readonly splitter: Splitter;
}

/** Runs one step to its end. @returns the bytes that it yielded */
export async function runStep(
  pending: Pending,
  reservation: Reservation,
  options: StepOptions,
): Promise<number> {
  const { context, ledger } = options;
  try {
    return await readStep(pending, reservation, options);
  } catch (error) {
    if (error instanceof SnapshotError) context.stop(error);
    else if (context.signal.aborted) ledger.frontier.putBack(pending);
    else await divide(pending, error, options);
    return 0;
  }
}

async function readStep(pending: Pending, reservation: Reservation, options: StepOptions): Promise<number> {
  const { source, limit, context } = options;
  const { plugin, exporter, now } = source;
  const cursor = parseReread(pending.cursor)?.cursor ?? pending.cursor;
  const effort = effortOf(pending, context.tuning);
  if (isReadWhole(cursor)) return readAll(pending, reservation, options, effort.retry);
  const done = await readElsewhere(pending, effort, options);
  if (done !== undefined) return done;
  const step = await limit.call((inner) => exporter.step(cursor, inner), effort);
  const checked = checkStep(plugin, step);
  checkContents(plugin, checked, relieveNow);
  checkWaits("next", checked.next, now());
  return keep(checked, pending, reservation, options);
}

/**
 * Runs it in another process. What is read again, and what is kept only in part, is read here.
 * @returns its bytes; `undefined`: it has to be run in this process
 */
async function readElsewhere(
  pending: Pending,
  effort: Effort,
  { source, limit, context, ledger, splitter, admit }: StepOptions,
): Promise<number | undefined> {
  const { elsewhere } = context;
  const { cursor } = pending;
  const isOurs = admit !== undefined || parseReread(cursor) !== undefined || !source.isForWorkers;
  if (elsewhere === undefined || isOurs) return undefined;
  const ask = (inner: AbortSignal) =>
    elsewhere.step({ backend: source.name, cursor, now: source.now(), limitMs: effort.limitMs }, inner);
  // The time of the plugin is limited where it runs: until then it may wait.
  const step = await limit.call(ask, { ...effort, limitMs: Number.POSITIVE_INFINITY });
  if (step === "here") return undefined;
  const { bytes, commit: written, ...said } = step;
  await enter(pending, said.next, { ledger, splitter }, async (next) => {
    const commit: Commit = { cursor, ...said, next };
    return { commit, blocks: await written(commit) };
  });
  return bytes;
}

type Entering = Pick<StepOptions, "ledger" | "splitter" | "once">;

/** Commits a step and enters it, with those of its cursors that no other one has named. */
async function enter(
  pending: Pending,
  named: readonly Cursor[],
  { ledger, splitter, once = ledger.once }: Entering,
  write: (next: readonly Cursor[]) => Promise<{ readonly blocks: readonly Block[]; readonly commit: Commit }>,
): Promise<void> {
  const next = once.claim(named);
  try {
    const { blocks, commit } = await write(next);
    if (blocks.length > 0) splitter.succeeded(pending);
    ledger.enter(pending, blocks, commit);
  } catch (error) {
    once.release(next);
    throw error;
  }
}

/** Commits of a step what is to be kept. @returns its bytes */
async function keep(
  step: CheckedStep,
  pending: Pending,
  reservation: Reservation,
  options: StepOptions,
): Promise<number> {
  const { source, context, admit = (one) => one } = options;
  let kept = 0;
  await enter(pending, step.next, options, async (next) => {
    const { records, files, objects, bytes, ...rest } = admit({ ...step, next });
    reservation.resize(bytes);
    kept = bytes;
    const commit: Commit = { cursor: pending.cursor, ...rest };
    return { commit, blocks: await context.writer.write(source.name, { records, files, objects, commit }) };
  });
  return kept;
}

async function readAll(
  pending: Pending,
  reservation: Reservation,
  { source, context, splitter, ledger }: StepOptions,
  retry: RetryPolicy,
): Promise<number> {
  const { once } = ledger;
  const { blocks, commit } = await readWhole(pending.cursor, reservation, {
    ...context,
    source,
    retry,
    once,
  });
  if (blocks.length > 0) splitter.succeeded(pending);
  ledger.enter(pending, blocks, commit);
  return 0;
}

/** Splits a step that failed for good and commits the split as an empty step; a step that cannot be split is given up. */
async function divide(pending: Pending, error: unknown, options: StepOptions): Promise<void> {
  const { source, ledger, splitter, context } = options;
  const { writer, signal } = context;
  const again = parseReread(pending.cursor);
  const { parts, items, as } = await splitter.divide(again?.cursor ?? pending.cursor, error, pending);
  if (signal.aborted) return ledger.frontier.putBack(pending);
  if (parts.length === 0) return giveUp(ledger, pending, { error, items });
  const next = again === undefined ? parts : parts.map((part) => againCursor(again.reread, part));
  const commit: Commit = { cursor: pending.cursor, next, problems: [], notes: {}, done: 0 };
  try {
    await writer.write(source.name, { records: [], objects: [], commit });
    ledger.split(pending, commit, as);
  } catch (failure) {
    if (!(failure instanceof SnapshotError)) throw failure;
    context.stop(failure);
  }
}

interface Loss {
  readonly error: unknown;
  /** Its name for people. */
  readonly items: readonly string[];
}

/** Gives up the cursor and everything that would have followed from it, and reports a problem. */
function giveUp(ledger: Ledger, pending: Pending, { error, items }: Loss): void {
  ledger.problems.add({
    kind: "incomplete",
    reason: reasonOf(error),
    items,
    ...given({ range: pending.range }),
  });
  ledger.giveUp(pending);
}

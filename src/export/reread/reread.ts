/**
 * Reads once more what the server counts fuller than it was read: data that was still arriving, or an answer that was
 * short once. Of such a window only the parts that are short are read, each with a root of its own in the tree of cursors,
 * and what is not held yet is added: the snapshot has what either reading gave, each record once.
 */
import type { Counts, Cursor } from "../../contract/contract.ts";
import type { Reread } from "../../reconcile/part.ts";
import type { Answer } from "../../reconcile/reconcile.ts";
import type { Question } from "../../reconcile/windows.ts";
import type { Block, Commit } from "../../snapshot/format/block.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { LATEST } from "../../snapshot/format/range-text.ts";
import { subtract } from "../../snapshot/format/ranges.ts";
import { type CheckedStep, checkStart } from "../../snapshot/write/check-step.ts";
import type { Range } from "../../units/range.ts";
import type { Run } from "../context.ts";
import type { Ledger } from "../ledger.ts";
import { reasonOf } from "../reason.ts";
import { isWhole } from "../whole.ts";
import { type Committed, openCommitted, reachesInto } from "./committed.ts";
import { againCursor, beginCursor, endCursor } from "./cursor.ts";
import { createHeld, type Held } from "./held.ts";
import { mergeStep } from "./merge.ts";
import { narrow } from "./narrow.ts";
import { tallyOf } from "./tally.ts";

/** How the rest of the export does its part. */
export interface RereadOptions {
  /** Counts a part on the server. `undefined`: it cannot say. */
  readonly count: (range: Range) => Promise<Counts | undefined>;
  /** Runs the cursors that wait, to their end, and keeps of each step what `admit` leaves of it. */
  readonly drain: (admit: (step: CheckedStep) => CheckedStep) => Promise<void>;
}

/**
 * Reads a second time what is short; not the parts of it that were read twice before. Left out is also where a step was given up: why that
 * is short is known and said, and the server has been asked for it often.
 */
export async function readAgain(run: Run, short: readonly Answer[], options: RereadOptions): Promise<void> {
  const waiting = short.filter(({ question }) => !isSettled(question, run.ledger));
  if (waiting.length === 0) return;
  const committed = openCommitted(run.partial, run.open.name);
  try {
    for (const answer of waiting) if (goesOn(run)) await readShort(run, answer, { ...options, committed });
  } catch (error) {
    if (!run.signal.aborted) run.stop(error instanceof Error ? error : new Error(String(error)));
  } finally {
    await committed.close();
  }
}

const goesOn = ({ signal, limit }: Run): boolean => !signal.aborted && !limit.givesUp();

const isSettled = (question: Question, ledger: Ledger): boolean =>
  ledger.hasGivenUp(question) || subtract(question.range, readTwice(question, ledger)).length === 0;

/** The second readings of what a question is about that have come to their end. */
const readTwice = (question: Question, { windows }: Ledger): readonly Reread[] =>
  windows.rereads().filter((one) => isPartOf(one, question));

/** Whether a second reading was of what a question is about. */
export const isPartOf = ({ of, from, to }: Reread, { range, part }: Question): boolean =>
  of === part && from < range.to && to > range.from;

type Reading = RereadOptions & { readonly committed: Committed };

/**
 * Reads the short parts of one window, one after another: what is held of one is compared with at a time. Before an
 * interruption some of them may have been read.
 */
async function readShort(run: Run, { question, server = {} }: Answer, reading: Reading): Promise<void> {
  const { range, part: of } = question;
  const units = Object.keys(server).filter(question.concerns);
  const only = (counts: Counts): Counts => Object.fromEntries(units.map((unit) => [unit, counts[unit] ?? 0]));
  const parts = await narrow({
    range,
    server: only(server),
    read: only(question.read),
    tally: async () => tallyOf(range, units, await blocksFor(run, range, reading), reading.committed),
    count: reading.count,
  });
  const window = of === "window" ? { window: range } : {};
  const before = readTwice(question, run.ledger);
  for (const part of parts.flatMap((one) => subtract(one, before)))
    if (goesOn(run)) await readPart(run, { ...part, of, ...window }, units, reading);
}

async function readPart(run: Run, reread: Reread, units: readonly string[], reading: Reading): Promise<void> {
  const { ledger } = run;
  const blocks = await blocksFor(run, reread, reading);
  const held = await heldOf(reread, ledger.range, blocks, reading.committed);
  if (!(await begin(run, reread))) return;
  const merging = { reread, whole: ledger.range, units, held, hasObject: ledger.hasObject };
  await reading.drain((step) => mergeStep(merging, step));
  if (!run.signal.aborted) await commit(run, endCursor(reread), []);
}

/** What is committed of a range and around it, and of what lies outside of the export's, where every part may find more. */
async function blocksFor(
  { writer, ledger }: Run,
  range: Range,
  { committed }: Reading,
): Promise<readonly Block[]> {
  await writer.flush();
  return committed.blocks([around(range), ...outsideOf(ledger.range)]);
}

const outsideOf = ({ from, to }: Range): Range[] => [
  { from: 0n, to: from },
  { from: to, to: LATEST },
];

/** A trace of which a part lies in the range is looked for so far around it, to be counted as one. ns */
const TRACE_REACH = 3_600_000_000_000n;

const around = ({ from, to }: Range): Range => ({
  from: from > TRACE_REACH ? from - TRACE_REACH : 0n,
  to: to + TRACE_REACH,
});

async function heldOf(
  part: Range,
  whole: Range,
  blocks: readonly Block[],
  committed: Committed,
): Promise<Held> {
  const held = createHeld();
  const ranges = [part, ...outsideOf(whole)];
  const isCompared = ({ from }: Range): boolean => ranges.some((one) => from >= one.from && from < one.to);
  for (const block of blocks) {
    if (!reachesInto(block, ranges) && block.counts.traces === undefined) continue;
    await committed.eachRecord(block, (record) => {
      if (record.time === undefined || isCompared(record.time)) held.note(record);
      if (record.trace !== undefined) held.noteTrace(record.trace);
    });
  }
  return held;
}

/** Commits a root of its own for the part; its cursors wait in the frontier then. @returns whether it could be begun */
async function begin(run: Run, reread: Reread): Promise<boolean> {
  const { ledger } = run;
  try {
    await commit(run, beginCursor(reread), await firstCursors(run, reread));
    return true;
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    if (!run.signal.aborted) {
      const reason = `the server counts more than was read, and it could not be read once more: ${reasonOf(error)}`;
      ledger.problems.add({ kind: "incomplete", reason, range: reread });
    }
    return false;
  }
}

/**
 * The first cursors of an export of this part alone; without those that have no time, unless they may be what is asked for, and
 * without what can only be read as a whole.
 */
async function firstCursors({ backend, limit, ledger }: Run, reread: Reread): Promise<readonly Cursor[]> {
  const { match } = ledger.request;
  const request = { range: { from: reread.from, to: reread.to }, ...(match === undefined ? {} : { match }) };
  const { next } = checkStart(await limit.call((inner) => backend.export.start(request, inner)));
  const asked = reread.of === "window" ? next.filter((cursor) => !ledger.isTimeless(cursor)) : next;
  return asked.filter((cursor) => !isWhole(cursor)).map((cursor) => againCursor(reread, cursor));
}

async function commit({ writer, ledger, open }: Run, cursor: Cursor, next: readonly Cursor[]): Promise<void> {
  const one: Commit = { cursor, next, problems: [], notes: {}, done: 0 };
  await writer.write(open.name, { records: [], objects: [], commit: one });
  ledger.reread(one);
}

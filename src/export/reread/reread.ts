/**
 * Reads again what the server counts higher than was read: data that was still arriving, or an answer that was once too short.
 * Only the short parts of a window are read, each with its own root in the tree of cursors, and missing records are added: the
 * snapshot holds what either reading gave, each record once.
 */

import type { Cursor, ExportRequest, Start } from "../../contract/contract.ts";
import { createOnce, type Once } from "../../engine/once.ts";
import type { CountAnswer } from "../../reconcile/count.ts";
import type { Counter } from "../../reconcile/in-parts.ts";
import type { Reread } from "../../reconcile/part.ts";
import type { CountQuestion } from "../../reconcile/windows.ts";
import type { Block, Commit } from "../../snapshot/format/block.ts";
import { countsIn } from "../../snapshot/format/counts.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { subtract } from "../../snapshot/format/ranges.ts";
import { reachesInto } from "../../snapshot/read/record-source.ts";
import { type CheckedStep, checkStart } from "../../snapshot/write/check-step.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";
import { LATEST } from "../../units/range.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { reasonOf } from "../ledger/reason.ts";
import { againCursor, beginCursor, endCursor } from "../ledger/reread-cursor.ts";
import { isReadWhole } from "../whole/whole.ts";
import type { Committed } from "./committed.ts";
import { createHeld, type Held } from "./held.ts";
import { mergeStep } from "./merge.ts";
import { narrow } from "./narrow.ts";
import { tallyOf } from "./tally.ts";

/** What the rest of the export contributes. */
export interface RereadOptions {
  readonly ledger: Ledger;
  /** Counts a part on the server. */
  readonly count: Counter;
  /** The first cursors of an export of a part. */
  readonly start: (request: ExportRequest) => Promise<Start>;
  /** Commits the beginning or end of a part's reading. */
  readonly commit: (commit: Commit) => Promise<unknown>;
  /** Runs the waiting cursors to their end, keeping of each step what `admit` leaves, and reading once what they name. */
  readonly drain: (kept: { admit(step: CheckedStep): CheckedStep; readonly once: Once }) => Promise<void>;
  /** This backend's committed data, as far as it is on the disk. */
  readonly committed: Committed;
  /** Flushes what was written to the disk. */
  readonly flush: () => Promise<void>;
  /** False once the export has to stop, or the server is given up. */
  readonly goesOn: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads a second time what is short, except parts that were already read twice, and those that steps which were given up would
 * have read: the reason for those is known and reported, and the server was asked for them often enough.
 */
export async function readAgain(short: readonly CountAnswer[], reading: RereadOptions): Promise<void> {
  const { ledger, goesOn } = reading;
  const waiting = short.filter(({ question }) => !isSettled(question, ledger));
  for (const answer of waiting) if (goesOn()) await readShort(answer, reading);
}

const isSettled = (question: CountQuestion, ledger: Ledger): boolean =>
  subtract(question.range, notAgain(question, ledger)).length === 0;

/** The parts of a question's range that are not read a second time. */
const notAgain = (question: CountQuestion, ledger: Ledger): readonly Range[] => [
  ...ledger.givenUp(question),
  ...readTwice(question, ledger),
];

/** Completed second readings that concern a question. */
const readTwice = (question: CountQuestion, { windows }: Ledger): readonly Reread[] =>
  windows.rereads().filter((one) => isPartOf(one, question));

/** Whether a second reading concerned a question. */
export const isPartOf = ({ of, from, to }: Reread, { range, part }: CountQuestion): boolean =>
  of === part && from < range.to && to > range.from;

/**
 * Reads the short parts of one window one after another, so that only one part's records are compared at a time. Some of them
 * may already have been read before an interruption.
 */
async function readShort({ question, server = {} }: CountAnswer, reading: RereadOptions): Promise<void> {
  const { range, part: of } = question;
  const { ledger, committed, count, goesOn } = reading;
  const units = Object.keys(server).filter(question.concerns);
  const { canRead } = committed;
  if (canRead !== undefined && !(await blocksFor(range, reading)).every(canRead))
    return tellUnreadable(range, reading);
  const parts = await narrow({
    range,
    server: countsIn(units, server),
    read: countsIn(units, question.read),
    tally: async () => tallyOf(range, units, await blocksFor(range, reading), committed),
    count: async (part) => (await count(part))?.counts,
  });
  const window = of === "window" ? { window: range } : {};
  const before = notAgain(question, ledger);
  for (const part of parts.flatMap((one) => subtract(one, before)))
    if (goesOn()) await readPart({ ...part, of, ...window }, units, reading);
}

/** The server counted more, which is a problem by itself; this says why nothing was done about it. */
function tellUnreadable(range: Range, { ledger }: RereadOptions): void {
  const reason =
    "the server counts more than was read, and what was read can be compared by its recipients only. Export that time again.";
  ledger.problems.add({ kind: "incomplete", reason, range });
}

async function readPart(reread: Reread, units: readonly string[], reading: RereadOptions): Promise<void> {
  const { ledger, committed, signal } = reading;
  const held = await heldOf(reread, ledger.range, await blocksFor(reread, reading), committed);
  // What was named the first time is read again.
  const once = createOnce();
  if (!(await begin(reread, once, reading))) return;
  const merging = { reread, whole: ledger.range, units, held, hasObject: ledger.hasObject };
  await reading.drain({ admit: (step) => mergeStep(merging, step), once });
  if (!signal.aborted) await commit(endCursor(reread), [], reading);
}

/** The committed blocks in and around a range, and those outside the export's range, to which every part may add. */
async function blocksFor(
  range: Range,
  { ledger, committed, flush }: RereadOptions,
): Promise<readonly Block[]> {
  await flush();
  return committed.blocks([around(range), ...outsideOf(ledger.range)]);
}

const outsideOf = ({ from, to }: Range): Range[] => [
  { from: 0n, to: from },
  { from: to, to: LATEST },
];

/** How far around the range to look for other parts of a trace, so that it counts as one. ns */
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

/** Commits a root for the part; its cursors then wait in the frontier. @returns whether it could begin */
async function begin(reread: Reread, once: Once, reading: RereadOptions): Promise<boolean> {
  try {
    const first = once.claim(await firstCursors(reread, reading));
    await commit(
      beginCursor(reread),
      first.map((cursor) => againCursor(reread, cursor)),
      reading,
    );
    return true;
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    if (!reading.signal.aborted) {
      const reason = `the server counts more than was read, but it could not be read again: ${reasonOf(error)}`;
      reading.ledger.problems.add({ kind: "incomplete", reason, range: reread });
    }
    return false;
  }
}

/**
 * The first cursors of an export of only this part, without those that have no time (unless they are what is missing), and
 * without those that can only be read as a whole.
 */
async function firstCursors(reread: Reread, { ledger, start }: RereadOptions): Promise<readonly Cursor[]> {
  const { match } = ledger.request;
  const range = { from: reread.from, to: reread.to };
  const { next } = checkStart(await start({ range, ...given({ match }) }));
  const asked = reread.of === "window" ? next.filter((cursor) => !ledger.isTimeless(cursor)) : next;
  return asked.filter((cursor) => !isReadWhole(cursor));
}

async function commit(cursor: Cursor, next: readonly Cursor[], reading: RereadOptions): Promise<void> {
  const one: Commit = { cursor, next, problems: [], notes: {}, done: 0 };
  await reading.commit(one);
  reading.ledger.reread(one);
}

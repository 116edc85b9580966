/**
 * Reads once more what the server counts fuller than it was read: data that was still arriving, or an answer that was
 * short once. The tree of cursors grows by another root for each such part; its blocks stand beside those of the first
 * reading until it is known which of the two is fuller, and only that one is kept ({@link siftStep}).
 */
import type { Cursor } from "../../plugin/contract.ts";
import type { Commit } from "../../snapshot/format/block.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { Run } from "../backend-run.ts";
import { checkStart } from "../check-step.ts";
import { reasonOf } from "../drain.ts";
import type { Answer } from "../reconcile.ts";
import type { Question, SecondReading } from "../windows.ts";
import { againCursor, beginCursor, endCursor, type Reread } from "./cursor.ts";

/** Whether it is known which reading counts. */
export const isOver = ({ chosen }: SecondReading): boolean => chosen !== undefined;

/**
 * Commits a root of its own for every part that was not read twice before; its cursors wait in the frontier then. A part of
 * which a step was given up is left out: why it is short is known and said, and the server has been asked for it often.
 */
export async function beginSecondReadings(run: Run, short: readonly Question[]): Promise<void> {
  const { ledger, conductor, signal } = run;
  for (const { range, part } of short) {
    if (signal.aborted || conductor.givesUp()) return;
    if (ledger.hasGivenUp(range)) continue;
    const overlaps = ({ reread }: SecondReading): boolean =>
      reread.part === part && reread.from < range.to && reread.to > range.from;
    if (!ledger.windows.rereads().some(overlaps)) await begin(run, { ...range, part });
  }
}

async function begin(run: Run, reread: Reread): Promise<void> {
  const { ledger } = run;
  try {
    await commit(run, beginCursor(reread), await firstCursors(run, reread));
  } catch (error) {
    if (error instanceof SnapshotError) run.stop(error);
    else if (!run.signal.aborted) {
      const reason = `the server counts more than was read, and it could not be read once more: ${reasonOf(error)}`;
      ledger.problems.add({ kind: "incomplete", reason, range: reread });
    }
  }
}

/** The first cursors of an export of this part alone; without those that have no time, unless they may be what is asked for. */
async function firstCursors({ backend, conductor, ledger }: Run, reread: Reread): Promise<readonly Cursor[]> {
  const { match } = ledger.request;
  const request = { range: { from: reread.from, to: reread.to }, ...(match === undefined ? {} : { match }) };
  const { next } = checkStart(await conductor.call((inner) => backend.export.start(request, inner)));
  const asked = reread.part === "window" ? next.filter((cursor) => !ledger.isTimeless(cursor)) : next;
  return asked.map((cursor) => againCursor(reread, cursor));
}

/** Commits, for every second reading that has come to its end, whether it counts. */
export async function endSecondReadings(run: Run, counts: readonly Answer[]): Promise<void> {
  for (const one of run.ledger.windows.rereads().filter((each) => !isOver(each))) {
    const { part, from, to } = one.reread;
    const answer = counts.find(
      ({ question }) => question.part === part && question.range.from <= from && question.range.to >= to,
    );
    try {
      await commit(run, endCursor(one.reread, isFuller(one, answer)), []);
    } catch (error) {
      return run.stop(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** In the units that the server counts, where it does. What was not read to its end is not trusted to hold what the first does. */
function isFuller({ counts, first, failed }: SecondReading, answer: Answer | undefined): boolean {
  if (failed) return false;
  const before = first();
  const server = answer?.server ?? { ...counts, ...before };
  const units = Object.keys(server).filter((unit) => answer?.question.concerns(unit) ?? true);
  return units.reduce((more, unit) => more + (counts[unit] ?? 0) - (before[unit] ?? 0), 0) > 0;
}

async function commit({ writer, ledger, open }: Run, cursor: Cursor, next: readonly Cursor[]): Promise<void> {
  const one: Commit = { cursor, next, problems: [], notes: {}, done: 0 };
  await writer.write(open.name, { records: [], objects: [], commit: one });
  ledger.reread(one);
}

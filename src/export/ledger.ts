/** What the committed steps of one backend add up to. A live step and one of an earlier run are entered the same way. */
import type { Counts, Cursor, ExportRequest } from "../plugin/contract.ts";
import type { Block, Commit } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import type { Range } from "../units/range.ts";
import { createFrontier, type Frontier, type Pending } from "./frontier.ts";
import { createProblems, type Problems } from "./problems.ts";
import { createWindowCounts, type WindowCounts } from "./windows.ts";

export interface Ledger {
  readonly request: ExportRequest;
  readonly frontier: Frontier;
  readonly problems: Problems;
  readonly windows: WindowCounts;
  /** True once the first cursors are known. */
  readonly started: boolean;
  /** The part of the asked range that is read. */
  readonly range: Range;
  readonly exportedUntil: bigint | undefined;
  readonly counts: Counts;
  readonly notes: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** How many steps are entered after the start, those of earlier runs too. */
  readonly steps: number;
  /** Enters the committed start. */
  begin(commit: Commit): void;
  /** Enters a committed step. */
  enter(pending: Pending, blocks: readonly Block[], commit: Commit): void;
  /** Enters a committed step of an earlier run: the start when nothing is begun, else a cursor that waits. */
  replay(blocks: readonly Block[], commit: Commit): void;
}

/** The cursor of the root: the start, as the step that it is. */
export const rootCursor = ({ range, match }: ExportRequest): Cursor => ({
  start: { ...rangeToText(range), ...(match === undefined ? {} : { match }) },
});

/** An empty ledger for what is asked of one backend. */
export function createLedger(request: ExportRequest): Ledger {
  const frontier = createFrontier();
  const problems = createProblems();
  const windows = createWindowCounts();
  const counts: Record<string, number> = {};
  const notes: Record<string, string> = {};
  let started = false;
  let bytes = 0;
  let steps = 0;
  let exportedUntil: bigint | undefined;

  const note = (commit: Commit): void => {
    for (const problem of commit.problems) problems.add(problem);
    Object.assign(notes, commit.notes);
  };

  const ledger: Ledger = {
    request,
    frontier,
    problems,
    windows,
    counts,
    notes,
    get started() {
      return started;
    },
    get range() {
      const { from, to } = request.range;
      return { from, to: exportedUntil !== undefined && exportedUntil < to ? exportedUntil : to };
    },
    get exportedUntil() {
      return exportedUntil;
    },
    get bytes() {
      return bytes;
    },
    get steps() {
      return steps;
    },
    begin(commit) {
      started = true;
      exportedUntil = commit.exportedUntil;
      note(commit);
      frontier.begin(commit.next, request.range);
    },
    enter(pending, blocks, commit) {
      for (const block of blocks) {
        addCounts(counts, block.counts);
        windows.add(block);
        bytes += block.bytes;
      }
      steps += 1;
      note(commit);
      frontier.finish(pending, commit.next, commit.done);
    },
    replay(blocks, commit) {
      if (!started) return ledger.begin(commit);
      const pending = frontier.takeDone(commit.cursor);
      if (pending !== undefined) ledger.enter(pending, blocks, commit);
    },
  };
  return ledger;
}

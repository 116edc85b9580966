/** Adds up the committed steps of one backend. Live steps and those of earlier runs are entered in the same way. */
import type { Counts, Cursor, ExportRequest } from "../../contract/contract.ts";
import { cursorRange } from "../../contract/cursor-range.ts";
import { createFrontier, type Frontier, type Pending, type SplitPart } from "../../engine/frontier.ts";
import { createOnce, type Once } from "../../engine/once.ts";
import type { RecordsPart } from "../../reconcile/part.ts";
import { type CountQuestion, createWindowCounts, type WindowCounts } from "../../reconcile/windows.ts";
import type { Block, Commit } from "../../snapshot/format/block.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { kindOf } from "../../snapshot/format/file-totals.ts";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import { coalesce } from "../../snapshot/format/ranges.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";
import { createProblems, type Problems } from "./problems.ts";
import { parseReread } from "./reread-cursor.ts";

/** The state of one backend in an export. It follows entirely from the committed steps, so a resumed export has it too. */
export interface Ledger {
  readonly request: ExportRequest;
  readonly frontier: Frontier;
  /** What its cursors have named. */
  readonly once: Once;
  readonly problems: Problems;
  readonly windows: WindowCounts;
  /** True once the first cursors are known. */
  readonly started: boolean;
  /** The part of the requested range that is read. */
  readonly range: Range;
  readonly exportedUntil: bigint | undefined;
  readonly counts: Counts;
  readonly notes: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** How many steps are entered after the start, including those of earlier runs. */
  readonly steps: number;
  /** Enters the committed start. */
  begin(commit: Commit): void;
  /** Enters a committed step. */
  enter(pending: Pending, blocks: readonly Block[], commit: Commit): void;
  /** Enters the commit that splits a failed cursor. */
  split(pending: Pending, commit: Commit, as: SplitPart): void;
  /** Drops a cursor, and everything that would have followed from it, from this run of the export. */
  giveUp(pending: Pending): void;
  /** Whether a cursor was given up that covers part of a range. */
  hasGivenUp(range: Range): boolean;
  /** The parts of a question's range of which a cursor was given up. */
  givenUp(question: Pick<CountQuestion, "range" | "part">): readonly Range[];
  /** Whether an object was written under the plugin's name for this path. */
  hasObject(path: string): boolean;
  /** Whether this cursor is, or follows from, a first cursor that covers no part of the time line: `rules`, `alerting`. */
  isTimeless(cursor: Cursor): boolean;
  /** Enters the commit that begins or ends a second reading; at the beginning, its first cursors are added. */
  reread(commit: Commit): void;
  /** Enters a committed step of an earlier run: the start if nothing has begun, otherwise a waiting cursor. */
  replay(blocks: readonly Block[], commit: Commit): void;
}

/** The root cursor: the start, in the form of a step. */
export const rootCursor = ({ range, match }: ExportRequest): Cursor => ({
  start: { ...rangeToText(range), ...given({ match }) },
});

/** An empty ledger for what is asked of one backend. */
export function createLedger(request: ExportRequest): Ledger {
  const frontier = createFrontier();
  const once = createOnce();
  const problems = createProblems();
  const windows = createWindowCounts();
  const counts: Record<string, number> = {};
  const notes: Record<string, string> = {};
  const objects = new Set<string>();
  const timeless = new Set<string>();
  let givenUp: readonly Range[] = [];
  let hasGivenUpTimeless = false;
  let started = false;
  let bytes = 0;
  let steps = 0;
  let exportedUntil: bigint | undefined;

  const note = (commit: Commit): void => {
    for (const problem of commit.problems) problems.add(problem);
    Object.assign(notes, commit.notes);
  };
  const hold = (blocks: readonly Block[], commit: Commit, reread?: RecordsPart): void => {
    for (const block of blocks) {
      addCounts(counts, block.counts);
      windows.add(block, reread);
      bytes += block.bytes;
      if (kindOf(block) === "object") objects.add(block.of ?? block.file);
    }
    steps += 1;
    note(commit);
  };

  const noteTimeless = (cursors: readonly Cursor[]): void => {
    for (const cursor of cursors) if (cursorRange(cursor) === undefined) timeless.add(canonicalJson(cursor));
  };
  const follow = ({ cursor }: Pending, commit: Commit): void => {
    if (timeless.has(canonicalJson(cursor))) noteTimeless(commit.next);
  };

  const ledger: Ledger = {
    request,
    frontier,
    once,
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
      once.keep(commit.next);
      frontier.begin(commit.next, request.range);
      noteTimeless(commit.next);
    },
    giveUp(pending) {
      if (ledger.isTimeless(pending.cursor)) hasGivenUpTimeless = true;
      else if (parseReread(pending.cursor) === undefined)
        givenUp = coalesce([...givenUp, pending.range ?? request.range]);
      frontier.finish(pending, [], 1);
    },
    hasGivenUp: ({ from, to }) => givenUp.some((one) => one.from < to && one.to > from),
    givenUp: ({ range, part }) => (hasGivenUpTimeless && part !== "window" ? [range] : givenUp),
    hasObject: (path) => objects.has(path),
    isTimeless: (cursor) => timeless.has(canonicalJson(cursor)),
    reread({ cursor, next }) {
      const parsed = parseReread(cursor);
      if (parsed === undefined) return;
      const { reread, ended } = parsed;
      if (ended) return windows.end(reread);
      windows.begin(reread);
      frontier.extend(next, reread);
    },
    enter(pending, blocks, commit) {
      hold(blocks, commit, parseReread(pending.cursor)?.reread.of);
      follow(pending, commit);
      once.keep(commit.next);
      frontier.finish(pending, commit.next, commit.done);
    },
    split(pending, commit, as) {
      hold([], commit);
      follow(pending, commit);
      frontier.split(pending, commit.next, as);
    },
    replay(blocks, commit) {
      if (!started) return ledger.begin(commit);
      const again = parseReread(commit.cursor);
      if (again?.cursor !== undefined) return hold(blocks, commit, again.reread.of);
      // An interrupted second reading keeps what it added; what is still missing is counted and read again.
      if (again !== undefined) return ledger.reread({ ...commit, next: [] });
      const pending = frontier.takeDone(commit.cursor);
      if (pending !== undefined) ledger.enter(pending, blocks, commit);
    },
  };
  return ledger;
}

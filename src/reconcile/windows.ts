/** Which windows the server should count, and what the export read in each. Pure. */
import type { Counts } from "../contract/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { byFrom, subtract } from "../snapshot/format/ranges.ts";
import { given } from "../units/given.ts";
import { type Range, span } from "../units/range.ts";
import type { RecordsPart, Reread } from "./part.ts";

/** Collects what was read per reconciliation window as blocks come in. */
export interface WindowCounts {
  /** @param reread the part that the block's second reading covers; absent: a first reading */
  add(block: Block, reread?: RecordsPart): void;
  /** A part is read a second time. */
  begin(reread: Reread): void;
  /** The second reading has ended. */
  end(reread: Reread): void;
  /** The second readings that have ended. */
  rereads(): readonly Reread[];
  /** What second readings have added, by unit; absent when nothing was read twice. */
  added(): Counts | undefined;
  /** The questions for the server over the export's range, which leave out no part of it. */
  questions(range: Range): readonly CountQuestion[];
}

/** One count to request, and what the export read. */
export interface CountQuestion {
  readonly range: Range;
  /** The part of the records concerned. */
  readonly part: RecordsPart;
  readonly read: Counts;
  /** What the first reading gave, if there was a second. */
  readonly firstRead?: Counts;
  /** Whether to compare this unit of the answer. */
  concerns(unit: string): boolean;
}

/** What was read of a part. */
interface Reading {
  readonly read: Counts;
  /** What of it a second reading has added; absent: there was none. */
  readonly added?: Counts | undefined;
}

/** A reading of one part of the time line. */
interface Window extends Reading {
  readonly range: Range;
}

/** Starts with nothing. */
export function createWindowCounts(): WindowCounts {
  const windows = new Map<string, Window>();
  const total: Record<string, number> = {};
  // What second readings have added, by what they are of.
  const added: Partial<Record<RecordsPart, Record<string, number>>> = {};
  // Units of which a part came without a window: they are compared over the whole range.
  const loose = new Set<string>();
  const ended: Reread[] = [];

  const enter = (window: Window): void => {
    const key = `${window.range.from} ${window.range.to}`;
    const known = windows.get(key);
    windows.set(key, known === undefined ? window : join(known, window));
  };
  const noteAdded = (part: RecordsPart, counts: Counts): void => {
    const sum = added[part] ?? {};
    added[part] = sum;
    addCounts(sum, counts);
  };
  const overAll = (range: Range, part: RecordsPart, concerns: CountQuestion["concerns"]): CountQuestion =>
    question({ range, read: total, added: added[part] }, part, concerns);

  return {
    add({ window, counts }, reread) {
      addCounts(total, counts);
      if (reread !== undefined) noteAdded(reread, counts);
      if (window !== undefined)
        return enter({ range: window, read: counts, added: reread === undefined ? undefined : counts });
      for (const unit of Object.keys(counts)) loose.add(unit);
    },
    begin({ of, window }) {
      noteAdded(of, {});
      if (window !== undefined) enter({ range: window, read: {}, added: {} });
    },
    end: (reread) => void ended.push(reread),
    rereads: () => ended,
    added() {
      const all = Object.values(added);
      return all.length === 0 ? undefined : all.reduce<Counts>(sum, {});
    },
    questions(range) {
      if (windows.size === 0) return [overAll(range, "whole", () => true)];
      const isLoose = (unit: string): boolean => loose.has(unit);
      const parts = partition([...windows.values()], range).map((window) =>
        question(window, "window", (unit) => !isLoose(unit)),
      );
      return loose.size === 0 ? parts : [...parts, overAll(range, "rest", isLoose)];
    },
  };
}

function question(
  { range, read, added }: Window,
  part: RecordsPart,
  concerns: CountQuestion["concerns"],
): CountQuestion {
  const only = (counts: Counts): Counts =>
    Object.fromEntries(Object.entries(counts).filter(([unit]) => concerns(unit)));
  return {
    range,
    part,
    read: only(read),
    ...given({ firstRead: added && only(difference(read, added)) }),
    concerns,
  };
}

function sum(a: Counts, b: Counts): Counts {
  const both: Record<string, number> = { ...a };
  addCounts(both, b);
  return both;
}

const difference = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(Object.entries(a).map(([unit, number]) => [unit, number - (b[unit] ?? 0)]));

/** Joins overlapping windows; parts of the range without a window become windows that read nothing. */
function partition(windows: readonly Window[], range: Range): Window[] {
  const joined: Window[] = [];
  for (const one of [...windows].sort(byStart)) {
    const last = joined.at(-1);
    if (last === undefined || one.range.from >= last.range.to) joined.push(one);
    else joined[joined.length - 1] = join(last, one);
  }
  const covered = joined.map((one) => one.range);
  const gaps = subtract(range, covered).map((gap) => ({ range: gap, read: {} }));
  return [...joined, ...gaps].sort(byStart);
}

const join = (a: Window, b: Window): Window => ({
  range: span(a.range, b.range),
  read: sum(a.read, b.read),
  added: a.added === undefined ? b.added : sum(a.added, b.added ?? {}),
});

const byStart = (a: Window, b: Window): number => byFrom(a.range, b.range);

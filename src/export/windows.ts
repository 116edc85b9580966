/** Which windows the server is asked to count, and what the export read in each: pure. */
import type { Counts } from "../plugin/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { byFrom, subtract } from "../snapshot/format/ranges.ts";
import { type Range, span } from "../units/range.ts";

/** What was read, by reconciliation window, while blocks come in. */
export interface WindowCounts {
  add(block: Block): void;
  /** What the server is to be asked over the export's range, so that no part of it is left out. */
  questions(range: Range): readonly Question[];
}

/** One count to ask the server for, and what the export read. */
export interface Question {
  readonly range: Range;
  readonly read: Counts;
  /** Whether a unit of the answer is to be compared here. */
  concerns(unit: string): boolean;
}

interface Window {
  readonly range: Range;
  readonly read: Record<string, number>;
}

/** Starts with nothing. */
export function createWindowCounts(): WindowCounts {
  const windows = new Map<string, Window>();
  const total: Record<string, number> = {};
  // Units of which a part came without a window: they are compared over the whole range.
  const loose = new Set<string>();
  return {
    add({ window, counts }) {
      addCounts(total, counts);
      if (window === undefined) for (const unit of Object.keys(counts)) loose.add(unit);
      else enter(windows, window, counts);
    },
    questions(range) {
      if (windows.size === 0) return [{ range, read: { ...total }, concerns: () => true }];
      const parts = partition([...windows.values()], range).map((one) => ({
        range: one.range,
        read: only(one.read, (unit) => !loose.has(unit)),
        concerns: (unit: string) => !loose.has(unit),
      }));
      const concerns = (unit: string): boolean => loose.has(unit);
      return loose.size === 0 ? parts : [...parts, { range, read: only(total, concerns), concerns }];
    },
  };
}

function enter(windows: Map<string, Window>, range: Range, counts: Counts): void {
  const key = `${range.from} ${range.to}`;
  const window = windows.get(key) ?? { range, read: {} };
  addCounts(window.read, counts);
  windows.set(key, window);
}

const only = (counts: Counts, fits: (unit: string) => boolean): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([unit]) => fits(unit)));

/** Overlapping windows are joined, and the parts of the range that no window covers are windows that read nothing. */
function partition(windows: readonly Window[], range: Range): Window[] {
  const joined: Window[] = [];
  for (const { range: part, read } of [...windows].sort(byStart)) {
    const last = joined.at(-1);
    const overlaps = last !== undefined && part.from < last.range.to;
    const sum = overlaps ? { ...last.read } : {};
    addCounts(sum, read);
    if (overlaps) joined[joined.length - 1] = { range: span(last.range, part), read: sum };
    else joined.push({ range: part, read: sum });
  }
  const covered = joined.map((one) => one.range);
  const gaps = subtract(range, covered).map((gap) => ({ range: gap, read: {} }));
  return [...joined, ...gaps].sort(byStart);
}

const byStart = (a: Window, b: Window): number => byFrom(a.range, b.range);

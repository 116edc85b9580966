/** Which windows the server is asked to count, and what the export read in each: pure. */
import type { Counts } from "../plugin/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { byFrom, subtract } from "../snapshot/format/ranges.ts";
import { type Range, span } from "../units/range.ts";
import { type Reread, rereadKey } from "./reread/cursor.ts";

/** What was read, by reconciliation window, while blocks come in. */
export interface WindowCounts {
  /** @param reread the second reading that it is of; absent: the first */
  add(block: Block, reread?: Reread): void;
  /** A part is read a second time. */
  begin(reread: Reread): void;
  /** The second reading is over: does it count instead of the first? */
  end(reread: Reread, chosen: boolean): void;
  /** A step of the second reading is given up. */
  fail(reread: Reread): void;
  /** What was begun to be read a second time. */
  rereads(): readonly SecondReading[];
  /** What the server is to be asked over the export's range, so that no part of it is left out. */
  questions(range: Range): readonly Question[];
}

/** A part that is read a second time. */
export interface SecondReading {
  readonly reread: Reread;
  /** What the second reading has given so far, by unit. */
  readonly counts: Counts;
  /** What it would replace, by unit. */
  first(): Counts;
  /** A step of it was given up: it is not whole. */
  readonly failed: boolean;
  /** Whether it counts instead of the first; absent: not known yet. */
  readonly chosen?: boolean;
}

/** One count to ask the server for, and what the export read. */
export interface Question {
  readonly range: Range;
  /** Which part of the records it is about. */
  readonly part: Reread["part"];
  readonly read: Counts;
  /** What the first reading gave, where there was a second. */
  readonly firstRead?: Counts;
  /** Whether a unit of the answer is to be compared here. */
  concerns(unit: string): boolean;
}

interface Window {
  readonly range: Range;
  readonly read: Counts;
  readonly first: Counts;
  readonly twice: boolean;
}

/** Starts with nothing. */
export function createWindowCounts(): WindowCounts {
  const windows = new Map<string, Window>();
  const total: Record<string, number> = {};
  // Of the records that came without a window.
  const free: Record<string, number> = {};
  const objects: Record<string, number> = {};
  // Units of which a part came without a window: they are compared over the whole range.
  const loose = new Set<string>();
  const seconds = new Map<string, Second>();

  const addFirst = (block: Block): void => {
    const { window, counts } = block;
    addCounts(total, counts);
    if (kindOf(block) === "object") addCounts(objects, counts);
    if (window !== undefined) {
      enter(windows, window, counts);
      return;
    }
    if (kindOf(block) === "records") addCounts(free, counts);
    for (const unit of Object.keys(counts)) loose.add(unit);
  };
  const secondOf = (part: Reread["part"]): Second | undefined =>
    [...seconds.values()].find(({ reread }) => reread.part === part);

  const replaced = ({ reread }: Second): Counts => {
    if (reread.part === "whole") return difference(total, objects);
    if (reread.part === "rest") return free;
    const within = [...windows.values()].filter(({ range }) => isWithin(range, reread));
    return within.reduce<Counts>((all, { read }) => sum(all, read), {});
  };
  const whole = (range: Range): Question => {
    const second = secondOf("whole");
    const read = second?.chosen ? sum(objects, second.counts) : { ...total };
    return { range, part: "whole", read, ...firstRead(second, total), concerns: () => true };
  };
  const rest = (range: Range): Question => {
    const second = secondOf("rest");
    const concerns = (unit: string): boolean => loose.has(unit);
    const kept = second?.chosen ? sum(difference(total, free), second.counts) : total;
    return {
      range,
      part: "rest",
      read: only(kept, concerns),
      ...firstRead(second, only(total, concerns)),
      concerns,
    };
  };

  return {
    add(block, reread) {
      const second = reread === undefined ? undefined : seconds.get(rereadKey(reread));
      // An object of a second reading is one that the first did not have: it counts in any case.
      if (second === undefined || kindOf(block) === "object") addFirst(block);
      else addCounts(second.counts, block.counts);
    },
    begin(reread) {
      if (!seconds.has(rereadKey(reread)))
        seconds.set(rereadKey(reread), { reread, counts: {}, failed: false });
    },
    end(reread, chosen) {
      const second = seconds.get(rereadKey(reread));
      if (second !== undefined) second.chosen = chosen;
    },
    fail(reread) {
      const second = seconds.get(rereadKey(reread));
      if (second !== undefined) second.failed = true;
    },
    rereads: () => [...seconds.values()].map((one) => ({ ...one, first: () => replaced(one) })),
    questions(range) {
      const again = [...seconds.values()].filter(({ reread }) => reread.part === "window");
      if ((windows.size === 0 && again.length === 0) || secondOf("whole") !== undefined)
        return [whole(range)];
      const concerns = (unit: string): boolean => !loose.has(unit);
      const parts = partition([...afterSecond([...windows.values()], again)], range).map(
        ({ range: part, read, first, twice }) => ({
          range: part,
          part: "window" as const,
          read: only(read, concerns),
          ...(twice ? { firstRead: only(first, concerns) } : {}),
          concerns,
        }),
      );
      return loose.size === 0 ? parts : [...parts, rest(range)];
    },
  };
}

interface Second {
  readonly reread: Reread;
  readonly counts: Record<string, number>;
  failed: boolean;
  chosen?: boolean;
}

const isWithin = (part: Range, whole: Range): boolean => part.from >= whole.from && part.to <= whole.to;

/** True when the first reading's windows within this one do not count any more. */
export const replaces = (
  { reread, chosen }: Pick<SecondReading, "reread" | "chosen">,
  window: Range,
): boolean => chosen === true && reread.part === "window" && isWithin(window, reread);

/** The windows with what counts of them now, and each that was read twice. */
function* afterSecond(windows: readonly Window[], seconds: readonly Second[]): Generator<Window> {
  for (const window of windows) {
    const isReplaced = seconds.some((one) => replaces(one, window.range));
    yield isReplaced ? { ...window, read: {} } : window;
  }
  for (const { reread, counts, chosen } of seconds)
    yield {
      range: { from: reread.from, to: reread.to },
      read: chosen ? counts : {},
      first: {},
      twice: chosen !== undefined,
    };
}

const firstRead = (second: Second | undefined, first: Counts): { firstRead?: Counts } =>
  second?.chosen === undefined ? {} : { firstRead: { ...first } };

function enter(windows: Map<string, Window>, range: Range, counts: Counts): void {
  const key = `${range.from} ${range.to}`;
  const read = sum(windows.get(key)?.read ?? {}, counts);
  windows.set(key, { range, read, first: read, twice: false });
}

function sum(a: Counts, b: Counts): Counts {
  const both: Record<string, number> = { ...a };
  addCounts(both, b);
  return both;
}

const difference = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(Object.entries(a).map(([unit, number]) => [unit, number - (b[unit] ?? 0)]));

const only = (counts: Counts, fits: (unit: string) => boolean): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([unit]) => fits(unit)));

/** Overlapping windows are joined, and the parts of the range that no window covers are windows that read nothing. */
function partition(windows: readonly Window[], range: Range): Window[] {
  const joined: Window[] = [];
  for (const one of [...windows].sort(byStart)) {
    const last = joined.at(-1);
    if (last === undefined || one.range.from >= last.range.to) joined.push(one);
    else joined[joined.length - 1] = join(last, one);
  }
  const covered = joined.map((one) => one.range);
  const gaps = subtract(range, covered).map((gap) => ({ range: gap, read: {}, first: {}, twice: false }));
  return [...joined, ...gaps].sort(byStart);
}

const join = (a: Window, b: Window): Window => ({
  range: span(a.range, b.range),
  read: sum(a.read, b.read),
  first: sum(a.first, b.first),
  twice: a.twice || b.twice,
});

const byStart = (a: Window, b: Window): number => byFrom(a.range, b.range);

/**
 * Counts windows that are written while later ones are being written, so that little is left to count afterwards. What a server
 * does not show in full by then is counted again at the end.
 */
import { type CountAnswer, countWindows } from "../reconcile/count.ts";
import type { Block } from "../snapshot/format/block.ts";
import { coalesce } from "../snapshot/format/ranges.ts";
import { LATEST, type Range } from "../units/range.ts";
import type { RestoreTarget } from "./plan.ts";
import { type CountOnServer, type Expected, expectedOf, holdsLess } from "./recount.ts";

/** The counts of one target while it is being written. */
export interface EarlyCounts {
  /** This block has been dealt with: written, found there, or lost. */
  passed(block: Block): void;
  /** What the server has shown in full; waits for the count that is underway. */
  end(): Promise<readonly CountAnswer<Expected>[]>;
}

interface EarlyOptions {
  /** Lets the server show what it has accepted: some do so only after a while, or when they are told to. */
  readonly flush: () => Promise<void>;
  readonly count: CountOnServer;
  /** How often to see what is written whole: a short restore is counted at its end. ms */
  readonly everyMs: number;
}

/** A server is flushed so often at most, since every time leaves smaller pieces in it. */
const LOOKS_MAX = 4;

/** Counts when half of what was left to count is written whole, then half of the rest, and so on. */
export function countWhileWriting(
  target: RestoreTarget,
  { flush, count, everyMs }: EarlyOptions,
): EarlyCounts {
  const left = new Set(target.files.flatMap(({ blocks }) => blocks));
  let waiting: readonly Expected[] = target.matcher === undefined ? expectedOf(target, []) : [];
  let looks = 0;
  let seen = performance.now();
  let underway: Promise<void> | undefined;
  const shown: CountAnswer<Expected>[] = [];

  /** The windows of which nothing is left to write. */
  const written = (): readonly Expected[] => {
    const unwritten = coalesce([...left].map(extentOf));
    return waiting.filter(({ range }) => !unwritten.some((part) => overlap(part, range)));
  };
  const look = async (questions: readonly Expected[]): Promise<void> => {
    await flush();
    const answers = await countWindows(questions, count);
    const whole = answers.filter((one) => one.server !== undefined && !holdsLess(one));
    shown.push(...whole);
    // It shows things later, or cannot count: then each look would be in vain.
    if (whole.length === 0) looks = LOOKS_MAX;
  };
  const begin = (questions: readonly Expected[]): void => {
    looks += 1;
    waiting = waiting.filter((one) => !questions.includes(one));
    underway = look(questions)
      // Whatever failed is asked for again at the end, and reported then.
      .catch(() => {})
      .finally(() => {
        underway = undefined;
      });
  };
  return {
    passed(block) {
      left.delete(block);
      if (underway !== undefined || looks === LOOKS_MAX || left.size === 0) return;
      if (performance.now() - seen < everyMs) return;
      seen = performance.now();
      const questions = written();
      if (questions.length > 0 && weight(questions) * 2 >= weight(waiting)) begin(questions);
    },
    async end() {
      await underway;
      return shown;
    },
  };
}

/** How much there is to count. */
const weight = (questions: readonly Expected[]): number =>
  questions.reduce((sum, { read }) => sum + Object.values(read).reduce((all, one) => all + one, 0), 0);

/** An object has no time, so it may be counted in any window. */
const extentOf = ({ window, range }: Block): Range => window ?? range ?? { from: 0n, to: LATEST };

const overlap = (a: Range, b: Range): boolean => a.from < b.to && b.from < a.to;

/** Asks a server for its counts until they are stable. */

import type { Counts } from "../contract/contract.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { given } from "../units/given.ts";
import {
  type CountAnswer,
  type CountWindowsOptions,
  carryOn,
  countWindows,
  isSame,
  type ReadWithin,
  repeatCounts,
  type TimedAnswer,
} from "./count.ts";
import type { Counter } from "./in-parts.ts";
import { agrees } from "./reconcile.ts";
import type { CountQuestion } from "./windows.ts";

/** A count of everything, from before the records were read. */
export interface TotalBefore {
  readonly counts: Counts;
  /** When the server answered. ms by `performance.now()` */
  readonly at: number;
}

/** What to count, how to ask the server, and when to trust it. */
export interface SettleOptions {
  readonly questions: readonly CountQuestion[];
  /** Asks the server. */
  readonly count: Counter;
  /** See {@link CountWindowsOptions}. */
  readonly readWithin?: ReadWithin;
  /** How many counts to request at once. */
  readonly atOnce: () => number;
  /** The server's count of everything from before the records were read, if there is one. */
  readonly before?: TotalBefore | undefined;
  /** Its answers for the same windows before they were read again. */
  readonly earlier?: readonly TimedAnswer[];
  /** Whether the window that an answer is about may recently have been written to. */
  readonly isRecent: (answer: CountAnswer) => boolean;
  /** Minimum time between two counts that confirm each other. 0: counts are never repeated. ms */
  readonly recountMs: number;
  /** Maximum number of repeated counts. */
  readonly recounts: number;
  /** Waits this many ms before repeating counts. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Counts every window on the server. Three kinds of windows are counted until two counts in a row agree: those whose numbers
 * differ; all of them, if the server's total has changed since before the export; and those that may recently have been written
 * to, unless the server gave the same number `recountMs` earlier. A server can agree with its own short answer for a while:
 * Loki returned 85,357 of 200,000 lines and counted as many, until the rest of what had been pushed became visible.
 */
export async function settle(options: SettleOptions): Promise<readonly TimedAnswer[]> {
  const { recountMs } = options;
  let left = recountMs > 0 ? options.recounts : 0;
  const { answers, unsettled } = await askFirst(options);
  return repeatCounts(answers, unsettled, {
    ...asking(options),
    isUnsettled: (one, earlier) => !isSame(one, earlier) || !isProven(one, options),
    async pause(waiting) {
      if (left === 0) return false;
      left -= 1;
      await options.pause(waiting.reduce((most, one) => Math.max(most, waitMs(one, recountMs)), 0));
      return true;
    },
  });
}

const asking = ({ count, readWithin, atOnce }: SettleOptions): CountWindowsOptions => ({
  ask: ({ range }) => count(range),
  ...given({ readWithin }),
  atOnce,
});

interface Asked {
  readonly answers: readonly TimedAnswer[];
  /** The windows to count again. */
  readonly unsettled: readonly TimedAnswer[];
}

/** The first answers, combined with earlier ones. An answer unchanged for long enough is settled, even if it differs. */
async function askFirst(options: SettleOptions): Promise<Asked> {
  const { questions, before, earlier = [] } = options;
  const first = await countWindows(questions, asking(options));
  const isChanged = before !== undefined && hasChanged(before.counts, first);
  const known = new Map(questions.map((one) => [one, earlier.find(isAbout(one))]));
  const answers = first.map((one) =>
    before === undefined || isChanged ? carryOn(one, known.get(one.question)) : { ...one, since: before.at },
  );
  const isUnsettled = (one: TimedAnswer): boolean =>
    !(known.get(one.question) !== undefined && isOld(one, options)) &&
    (isChanged || !agrees(one) || !isProven(one, options));
  return { answers, unsettled: answers.filter(isUnsettled) };
}

const isOld = ({ asked, since }: TimedAnswer, { recountMs }: SettleOptions): boolean =>
  asked - since >= recountMs;

/** A count of data that nobody writes to proves itself; any other needs an older, equal one. */
const isProven = (one: TimedAnswer, options: SettleOptions): boolean =>
  one.server === undefined || !options.isRecent(one) || isOld(one, options);

/** Agreement only has to last; a difference gets the whole time to resolve. A timer may fire slightly early. */
const waitMs = (one: TimedAnswer, recountMs: number): number =>
  agrees(one) ? Math.max(0, Math.ceil(one.since + recountMs - performance.now())) + 1 : recountMs;

/** Whether an answer is about the same records. */
export const isAbout =
  ({ part, range }: CountQuestion) =>
  ({ question }: CountAnswer): boolean =>
    question.part === part && question.range.from === range.from && question.range.to === range.to;

function hasChanged(before: Counts, answers: readonly CountAnswer[]): boolean {
  const after: Record<string, number> = {};
  for (const { question, server = {} } of answers) {
    addCounts(after, Object.fromEntries(Object.entries(server).filter(([unit]) => question.concerns(unit))));
  }
  return Object.entries(before).some(([unit, number]) => number !== (after[unit] ?? 0));
}

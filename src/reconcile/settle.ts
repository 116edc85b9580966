/** Asks a server for its counts until they are stable. */

import type { Counts } from "../contract/contract.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import { agrees, type CountAnswer } from "./reconcile.ts";
import type { CountQuestion } from "./windows.ts";

/** A count of everything, from before the records were read. */
export interface TotalBefore {
  readonly counts: Counts;
  /** When the server answered. ms by `performance.now()` */
  readonly at: number;
}

/** An answer with its times, ms by `performance.now()`. */
export interface TimedAnswer extends CountAnswer {
  /** When it was asked for. */
  readonly asked: number;
  /** Since when the server has given the same answer. */
  readonly since: number;
}

/** What to count, how to ask the server, and when to trust it. */
export interface SettleOptions {
  readonly questions: readonly CountQuestion[];
  /** Asks the server. `undefined`: it cannot say. */
  readonly count: (range: Range) => Promise<Counts | undefined>;
  /** How many counts to request at once. */
  readonly atOnce: () => number;
  /** The server's count of everything from before the records were read, if there is one. */
  readonly before?: TotalBefore | undefined;
  /** Its answers for the same windows before they were read again. */
  readonly earlier?: readonly TimedAnswer[];
  /** Whether the window may recently have been written to. */
  readonly isRecent: (range: Range) => boolean;
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
  const { recountMs, pause } = options;
  const rounds = recountMs > 0 ? options.recounts : 0;
  let { answers, unsettled } = await askFirst(options);
  for (let round = 0; round < rounds && unsettled.length > 0; round += 1) {
    await pause(unsettled.reduce((most, one) => Math.max(most, waitMs(one, recountMs)), 0));
    const previous = new Map(unsettled.map((one) => [one.question, one]));
    const asked = await ask([...previous.keys()], options);
    const again = new Map(asked.map((one) => [one.question, carryOn(one, previous.get(one.question))]));
    answers = answers.map((one) => again.get(one.question) ?? one);
    unsettled = [...again.values()].filter(
      (one) => !isSame(one, previous.get(one.question)) || !isProven(one, options),
    );
  }
  return answers;
}

interface Asked {
  readonly answers: readonly TimedAnswer[];
  /** The windows to count again. */
  readonly unsettled: readonly TimedAnswer[];
}

/** The first answers, combined with earlier ones. An answer unchanged for long enough is settled, even if it differs. */
async function askFirst(options: SettleOptions): Promise<Asked> {
  const { questions, before, earlier = [] } = options;
  const first = await ask(questions, options);
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
  one.server === undefined || !options.isRecent(one.question.range) || isOld(one, options);

/** Agreement only has to last; a difference gets the whole time to resolve. A timer may fire slightly early. */
const waitMs = (one: TimedAnswer, recountMs: number): number =>
  agrees(one) ? Math.max(0, Math.ceil(one.since + recountMs - performance.now())) + 1 : recountMs;

const isSame = (now: CountAnswer, earlier: CountAnswer | undefined): boolean =>
  Bun.deepEquals(now.server, earlier?.server);

const carryOn = (one: TimedAnswer, earlier: TimedAnswer | undefined): TimedAnswer =>
  earlier !== undefined && isSame(one, earlier) ? { ...one, since: earlier.since } : one;

/** Whether an answer is about the same records. */
export const isAbout =
  ({ part, range }: CountQuestion) =>
  ({ question }: CountAnswer): boolean =>
    question.part === part && question.range.from === range.from && question.range.to === range.to;

/** After this many failed counts the rest is skipped: each failure has cost all its retries. */
const FAILURES_MAX = 3;

async function ask(
  questions: readonly CountQuestion[],
  { count, atOnce }: Pick<SettleOptions, "count" | "atOnce">,
): Promise<TimedAnswer[]> {
  const answers: TimedAnswer[] = [];
  const waiting = questions.entries();
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (const [index, question] of waiting) {
      const earlier = failures[FAILURES_MAX - 1];
      const asked = performance.now();
      const given = earlier === undefined ? await answer(question, count) : { question, error: earlier };
      if (earlier === undefined && given.error !== undefined) failures.push(given.error);
      answers[index] = { ...given, asked, since: performance.now() };
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce()) }, work));
  return answers;
}

async function answer(question: CountQuestion, count: SettleOptions["count"]): Promise<CountAnswer> {
  try {
    const server = await count(question.range);
    return server === undefined ? { question } : { question, server };
  } catch (error) {
    return { question, error: messageOf(error) };
  }
}

function hasChanged(before: Counts, answers: readonly CountAnswer[]): boolean {
  const after: Record<string, number> = {};
  for (const { question, server = {} } of answers) {
    addCounts(after, Object.fromEntries(Object.entries(server).filter(([unit]) => question.concerns(unit))));
  }
  return Object.entries(before).some(([unit, number]) => number !== (after[unit] ?? 0));
}

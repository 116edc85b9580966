/** Asks a server for its counts until they are stable. */
import type { Counts } from "../contract/contract.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { Range } from "../units/range.ts";
import { type Answer, agrees } from "./reconcile.ts";
import type { Question } from "./windows.ts";

/** A count of everything, from before the records were read. */
export interface TotalBefore {
  readonly counts: Counts;
  /** When the server had said it. ms by `performance.now()` */
  readonly at: number;
}

/** An answer with its times, ms by `performance.now()`. */
export interface TimedAnswer extends Answer {
  /** When it was asked for. */
  readonly asked: number;
  /** Since when the server has been heard to say the same. */
  readonly since: number;
}

/** What is to be counted, how the server is asked, and when it is believed. */
export interface SettleOptions {
  readonly questions: readonly Question[];
  /** Asks the server. `undefined`: it cannot say. */
  readonly count: (range: Range) => Promise<Counts | undefined>;
  /** How many counts are asked for at once. */
  readonly atOnce: () => number;
  /** The server's count of everything from before the records were read, when there is one. */
  readonly before?: TotalBefore | undefined;
  /** What it said of the same windows since then, before they were read once more. */
  readonly earlier?: readonly TimedAnswer[];
  /** Whether the window may have been written to lately. */
  readonly isRecent: (range: Range) => boolean;
  /** Two counts that are to prove one another lie at least so far apart. 0: no count is asked for again. ms */
  readonly recountMs: number;
  /** How often a count is asked for again, at most. */
  readonly recounts: number;
  /** Waits so many ms before counts are asked for again. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Counts every window on the server. Three kinds of windows are counted again until two counts in a row are the same:
 * those whose numbers differ; all, when the server's total has changed since before the export; and those that may have
 * been written to lately, unless it said the same `recountMs` before. For a server can agree with its own short answer for
 * a while: Loki counted 85,357 of 200,000 lines and gave as many, until the rest of what had been pushed became visible.
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
  /** Those that are to be asked for again. */
  readonly unsettled: readonly TimedAnswer[];
}

/** The first answers, with what was heard before. What was the same long enough ago already is settled, though it differs. */
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

/** A count of what nobody writes to proves itself; another needs one that is older and the same. */
const isProven = (one: TimedAnswer, options: SettleOptions): boolean =>
  one.server === undefined || !options.isRecent(one.question.range) || isOld(one, options);

/** What agrees has only to last; what differs gets the whole time to come right. A timer may fire a little early. */
const waitMs = (one: TimedAnswer, recountMs: number): number =>
  agrees(one) ? Math.max(0, Math.ceil(one.since + recountMs - performance.now())) + 1 : recountMs;

const isSame = (now: Answer, earlier: Answer | undefined): boolean =>
  Bun.deepEquals(now.server, earlier?.server);

const carryOn = (one: TimedAnswer, earlier: TimedAnswer | undefined): TimedAnswer =>
  earlier !== undefined && isSame(one, earlier) ? { ...one, since: earlier.since } : one;

/** Whether an answer is about the same records. */
export const isAbout =
  ({ part, range }: Question) =>
  ({ question }: Answer): boolean =>
    question.part === part && question.range.from === range.from && question.range.to === range.to;

/** After so many counts that failed, the rest is not asked for: each failure has cost all its retries. */
const FAILURES_MAX = 3;

async function ask(
  questions: readonly Question[],
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

async function answer(question: Question, count: SettleOptions["count"]): Promise<Answer> {
  try {
    const server = await count(question.range);
    return server === undefined ? { question } : { question, server };
  } catch (error) {
    return { question, error: error instanceof Error ? error.message : String(error) };
  }
}

function hasChanged(before: Counts, answers: readonly Answer[]): boolean {
  const after: Record<string, number> = {};
  for (const { question, server = {} } of answers) {
    addCounts(after, Object.fromEntries(Object.entries(server).filter(([unit]) => question.concerns(unit))));
  }
  return Object.entries(before).some(([unit, number]) => number !== (after[unit] ?? 0));
}

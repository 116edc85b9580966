/** After a restore: what the server now holds, window by window, compared with the snapshot. */

import type { Counts } from "../contract/contract.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../engine/retry.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
import type { TellWait } from "../engine/wait.ts";
import {
  type CountAnswer,
  type CountWindowsOptions,
  countWindows,
  repeatCounts,
  unitDifferences,
} from "../reconcile/count.ts";
import { createCounter } from "../reconcile/in-parts.ts";
import { readWithin } from "../reconcile/read-within.ts";
import { savedQuestions } from "../reconcile/saved.ts";
import type { Uncounted } from "../reconcile/uncounted.ts";
import type { CountQuestion } from "../reconcile/windows.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { backendRecords } from "../snapshot/read/record-source.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import type { LostBlock } from "./lost.ts";
import type { RestoreTarget } from "./plan.ts";

/** The counts of one window, by unit, after a restore. */
export interface Recount {
  readonly range: Range;
  readonly saved: Counts;
  /** Absent: the server could not say. */
  readonly server?: Counts;
  /** Why the count failed although the server can count: the restore is then unproven. */
  readonly failure?: string;
  /** What the server could not count of it. Absent: nothing. */
  readonly uncounted?: readonly Uncounted[];
  /** Units of which the server holds fewer than the snapshot without its damaged blocks. */
  readonly short: readonly string[];
}

interface RecountOptions {
  readonly signal: AbortSignal;
  /** New data can be invisible for a while, so counts are repeated for up to this long before data counts as missing. ms */
  readonly settleMs: number;
  readonly pauseMs: number;
  readonly tellWait?: TellWait;
  readonly retry?: RetryPolicy;
  /** Blocks that will not appear, with the counts of what will not: damaged ones, and what was left out of others. */
  readonly lost?: readonly Pick<LostBlock, "block">[];
  /** What was restored; absent: nothing is known of it but its windows. */
  readonly snapshot?: Restored;
  /** How many counts to request at once, at most. Default: one. */
  readonly concurrency?: number;
  /** What the server has shown in full while other windows were written: it is not asked for again. */
  readonly shown?: readonly CountAnswer<Expected>[];
}

type Restored = Pick<OpenSnapshot, "blocks" | "lines">;

/** A window, with the amount that can be there after the restore. */
export interface Expected extends CountQuestion {
  readonly saved: Counts;
}

/** How the server is asked. */
export type CountOnServer = CountWindowsOptions<Expected>;

/** Counts the windows that were restored whole. A restore of a part, or by selector, cannot be counted this way. @throws the signal's reason only */
export async function recount(target: RestoreTarget, options: RecountOptions): Promise<Recount[]> {
  if (target.matcher !== undefined) return [];
  const { signal, settleMs, pauseMs, tellWait } = options;
  const questions = expectedOf(target, options.lost ?? []);
  const deadline = Date.now() + settleMs;
  const asking = countOnServer(target, options);
  const shown = shownOf(questions, options.shown ?? []);
  const first = await countWindows(
    questions.filter((one) => !shown.has(one)),
    asking,
  );
  const counted = await repeatCounts(first, first.filter(holdsLess), {
    ...asking,
    isUnsettled: holdsLess,
    async pause(waiting) {
      if (Date.now() >= deadline || isExplained(waiting, target)) return false;
      tellWait?.("for what was written to show", pauseMs);
      await sleep(pauseMs, signal);
      return true;
    },
  });
  signal.throwIfAborted();
  const byQuestion = new Map([...shown, ...counted.map((one) => [one.question, one] as const)]);
  const answers = questions.map((question) => byQuestion.get(question) ?? { question });
  return isExplained(answers, target)
    ? answers.map((one) => ({ ...toRecount(one), short: [] }))
    : answers.map(toRecount);
}

/** The earlier answers, by the questions of now: what is lost since is expected no longer. */
function shownOf(
  questions: readonly Expected[],
  shown: readonly CountAnswer<Expected>[],
): Map<Expected, CountAnswer<Expected>> {
  const byRange = new Map(shown.map((one) => [keyOf(one.question.range), one]));
  return new Map(
    questions.flatMap((question) => {
      const answer = byRange.get(keyOf(question.range));
      return answer === undefined ? [] : [[question, { ...answer, question }] as const];
    }),
  );
}

const keyOf = ({ from, to }: Range): string => `${from} ${to}`;

/** Whether everything that is missing became identical with other records because of `--label`. */
function isExplained(answers: readonly CountAnswer[], { alike = {} }: RestoreTarget): boolean {
  const lacking: Record<string, number> = {};
  for (const { unit, more } of answers.flatMap(unitDifferences))
    if (more < 0) addCounts(lacking, { [unit]: -more });
  return Object.entries(lacking).every(([unit, count]) => count <= (alike[unit] ?? 0));
}

/** A permanent failure is an answer too, since the data is already written. */
export function countOnServer(
  { name, open: { backend } }: RestoreTarget,
  {
    signal,
    retry = DEFAULT_RETRY,
    snapshot,
    concurrency = 1,
    tellWait,
  }: Pick<RecountOptions, "signal" | "retry" | "snapshot" | "concurrency" | "tellWait">,
): CountOnServer {
  const tuning = { ...DEFAULT_TUNING, retry };
  const { call, callPart } = createConcurrencyLimit({ concurrency, tuning, signal, ...given({ tellWait }) });
  const count = createCounter({ backend, call, callPart });
  return {
    ask: ({ range }) => count(range),
    atOnce: () => concurrency,
    ...(snapshot === undefined ? {} : { readWithin: readWithin(backendRecords(snapshot, name)) }),
  };
}

/** The windows that were restored whole, each with what is expected in it. */
export const expectedOf = (
  { saved, range }: RestoreTarget,
  lost: NonNullable<RecountOptions["lost"]>,
): Expected[] =>
  savedQuestions(saved.windows)
    .filter((one) => isInside(one.range, range))
    .map((one) => ({ ...one, saved: one.read, read: countsWithout(one, lost), concerns: () => true }));

const isInside = (inner: Range, outer: Range): boolean => inner.from >= outer.from && inner.to <= outer.to;

/** How much of a window can be there if these blocks were not written. */
function countsWithout({ range, read }: CountQuestion, lost: NonNullable<RecountOptions["lost"]>): Counts {
  const inside = lost.filter(({ block }) => block.window === undefined || isInside(block.window, range));
  const expected = { ...read };
  for (const { block } of inside)
    for (const [unit, count] of Object.entries(block.counts))
      expected[unit] = Math.max(0, (expected[unit] ?? 0) - count);
  return expected;
}

const shortUnits = (answer: CountAnswer): string[] =>
  unitDifferences(answer).flatMap(({ unit, more }) => (more < 0 ? [unit] : []));

/** Whether the server holds less than what is expected. */
export const holdsLess = (answer: CountAnswer): boolean => shortUnits(answer).length > 0;

const toRecount = (answer: CountAnswer<Expected>): Recount => ({
  range: answer.question.range,
  saved: answer.question.saved,
  ...given({ server: answer.server, failure: answer.error, uncounted: answer.gap?.parts }),
  short: shortUnits(answer),
});

/** After a restore: what the server now holds, window by window, compared with the snapshot. */

import type { Counts } from "../contract/contract.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../engine/retry.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
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
  readonly retry?: RetryPolicy;
  /** Damaged blocks, which will not appear. */
  readonly lost?: readonly LostBlock[];
  /** What was restored; absent: nothing is known of it but its windows. */
  readonly snapshot?: Pick<OpenSnapshot, "blocks" | "lines">;
}

/** A window, with the amount that can be there after the restore. */
interface Expected extends CountQuestion {
  readonly saved: Counts;
}

/** Counts the windows that were restored whole. A restore of a part, or by selector, cannot be counted this way. @throws the signal's reason only */
export async function recount(target: RestoreTarget, options: RecountOptions): Promise<Recount[]> {
  if (target.matcher !== undefined) return [];
  const { signal, settleMs, pauseMs } = options;
  const questions = expectedOf(target, options.lost ?? []);
  const deadline = Date.now() + settleMs;
  const asking = askingOf(target, options);
  const first = await countWindows(questions, asking);
  const answers = await repeatCounts(first, first.filter(isLacking), {
    ...asking,
    isUnsettled: isLacking,
    async pause(waiting) {
      if (Date.now() >= deadline || isExplained(waiting, target)) return false;
      await sleep(pauseMs, signal);
      return true;
    },
  });
  signal.throwIfAborted();
  return isExplained(answers, target)
    ? answers.map((one) => ({ ...toRecount(one), short: [] }))
    : answers.map(toRecount);
}

/** Whether everything that is missing became identical with other records because of `--label`. */
function isExplained(answers: readonly CountAnswer[], { alike = {} }: RestoreTarget): boolean {
  const lacking: Record<string, number> = {};
  for (const { unit, more } of answers.flatMap(unitDifferences))
    if (more < 0) addCounts(lacking, { [unit]: -more });
  return Object.entries(lacking).every(([unit, count]) => count <= (alike[unit] ?? 0));
}

/** A permanent failure is an answer too, since the data is already written. */
function askingOf(
  { name, open: { backend } }: RestoreTarget,
  { signal, retry = DEFAULT_RETRY, snapshot }: RecountOptions,
): CountWindowsOptions {
  const tuning = { ...DEFAULT_TUNING, retry };
  const { call, callPart } = createConcurrencyLimit({ concurrency: 1, tuning, signal });
  const count = createCounter({ backend, call, callPart });
  return {
    ask: ({ range }) => count(range),
    ...(snapshot === undefined ? {} : { readWithin: readWithin(backendRecords(snapshot, name)) }),
  };
}

const expectedOf = ({ saved, range }: RestoreTarget, lost: readonly LostBlock[]): Expected[] =>
  savedQuestions(saved.windows)
    .filter((one) => isInside(one.range, range))
    .map((one) => ({ ...one, saved: one.read, read: countsWithout(one, lost), concerns: () => true }));

const isInside = (inner: Range, outer: Range): boolean => inner.from >= outer.from && inner.to <= outer.to;

/** How much of a window can be there if these blocks were not written. */
function countsWithout({ range, read }: CountQuestion, lost: readonly LostBlock[]): Counts {
  const inside = lost.filter(({ block }) => block.window === undefined || isInside(block.window, range));
  const expected = { ...read };
  for (const { block } of inside)
    for (const [unit, count] of Object.entries(block.counts))
      expected[unit] = Math.max(0, (expected[unit] ?? 0) - count);
  return expected;
}

const shortUnits = (answer: CountAnswer): string[] =>
  unitDifferences(answer).flatMap(({ unit, more }) => (more < 0 ? [unit] : []));

const isLacking = (answer: CountAnswer): boolean => shortUnits(answer).length > 0;

const toRecount = (answer: CountAnswer<Expected>): Recount => ({
  range: answer.question.range,
  saved: answer.question.saved,
  ...given({ server: answer.server, failure: answer.error, uncounted: answer.gap?.parts }),
  short: shortUnits(answer),
});

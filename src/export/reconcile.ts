/** Compares what was read with the server's own count. */
import type { Counts, Problem } from "../plugin/contract.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import type { Range } from "../units/range.ts";
import { countedUnit } from "../units/unit-text.ts";
import type { Question } from "./windows.ts";

/** What the comparison with the server came to. */
export interface Reconciliation {
  readonly windows: readonly ManifestWindow[];
  /** True only when every window was counted. Absent when nothing differs and the server cannot say for some, or for all. */
  readonly agrees?: boolean;
  readonly problems: readonly Problem[];
  /** Why some windows could not be counted. */
  readonly uncounted?: string;
}

/** What is to be counted, and how the server is asked. */
export interface ReconcileOptions {
  readonly questions: readonly Question[];
  /** Asks the server. `undefined`: it cannot say. */
  readonly count: (range: Range) => Promise<Counts | undefined>;
  /** The server's count of everything from before the records were read, when there is one. */
  readonly before: Counts | undefined;
  /** Waits before a count is asked for again. */
  readonly pause: () => Promise<void>;
  /** How often it is asked for again, at most. */
  readonly recounts: number;
  /** How many counts are asked for at once. */
  readonly atOnce: () => number;
}

/** What the server said to a question: its numbers; why it could not be asked; or neither, when it cannot say. */
export interface Answer {
  readonly question: Question;
  readonly server?: Counts;
  readonly error?: string;
}

/** Settles the counts, and says what they come to. */
export const reconcile = async (options: ReconcileOptions): Promise<Reconciliation> =>
  conclude(await settle(options));

/**
 * Counts every window on the server. Windows whose numbers differ, and all of them when the server's total has changed since
 * before the export, are counted again until the count is stable: data may still be arriving, and a server can agree with
 * its own short answer for a while.
 */
export async function settle(options: ReconcileOptions): Promise<Answer[]> {
  const { questions, before, recounts, pause } = options;
  let answers = await ask(questions, options);
  const changed = before !== undefined && hasChanged(before, answers);
  let unsettled = new Set(answers.filter((one) => changed || !agrees(one)).map((one) => one.question));
  for (let round = 0; round < recounts && unsettled.size > 0; round += 1) {
    await pause();
    const again = new Map((await ask([...unsettled], options)).map((one) => [one.question, one]));
    unsettled = new Set(
      [...again.values()].filter((one) => !isSame(one, answers)).map((one) => one.question),
    );
    answers = answers.map((one) => again.get(one.question) ?? one);
  }
  return answers;
}

/** After so many counts that failed, the rest is not asked for: each failure has cost all its retries. */
const FAILURES_MAX = 3;

async function ask(questions: readonly Question[], { count, atOnce }: ReconcileOptions): Promise<Answer[]> {
  const answers: Answer[] = [];
  const waiting = questions.entries();
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (const [index, question] of waiting) {
      const earlier = failures[FAILURES_MAX - 1];
      const given = earlier === undefined ? await answer(question, count) : { question, error: earlier };
      if (earlier === undefined && given.error !== undefined) failures.push(given.error);
      answers[index] = given;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce()) }, work));
  return answers;
}

async function answer(question: Question, count: ReconcileOptions["count"]): Promise<Answer> {
  try {
    const server = await count(question.range);
    return server === undefined ? { question } : { question, server };
  } catch (error) {
    return { question, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The units in which the server's answer differs from what was read, and by how much it is more. */
function differences({ question, server }: Answer): { unit: string; more: number }[] {
  return Object.entries(server ?? {})
    .filter(([unit]) => question.concerns(unit))
    .map(([unit, number]) => ({ unit, more: number - (question.read[unit] ?? 0) }))
    .filter(({ more }) => more !== 0);
}

const agrees = (one: Answer): boolean => differences(one).length === 0;

const isSame = (now: Answer, earlier: readonly Answer[]): boolean =>
  Bun.deepEquals(now.server, earlier.find((one) => one.question === now.question)?.server);

function hasChanged(before: Counts, answers: readonly Answer[]): boolean {
  const after: Record<string, number> = {};
  for (const { question, server = {} } of answers) {
    addCounts(after, Object.fromEntries(Object.entries(server).filter(([unit]) => question.concerns(unit))));
  }
  return Object.entries(before).some(([unit, number]) => number !== (after[unit] ?? 0));
}

/** True when the server has more of something than was read. */
export const isShort = (one: Answer): boolean => differences(one).some(({ more }) => more > 0);

/** What the settled counts come to. A count that failed confirms nothing; a server that cannot count is not held against the records. */
export function conclude(answers: readonly Answer[]): Reconciliation {
  const counted = answers.filter((one) => one.server !== undefined);
  const failed = answers.flatMap(({ question, error }) => (error === undefined ? [] : [{ question, error }]));
  const agreed = agreement(answers);
  return {
    windows: answers.map(toWindow),
    ...(agreed === undefined ? {} : { agrees: agreed }),
    problems: [...problemsOf(counted), ...failed.map(uncountedProblem)],
    ...(failed[0] === undefined ? {} : { uncounted: failed[0].error }),
  };
}

/** What no count has confirmed does not agree; where the server cannot say, nothing is claimed. */
function agreement(answers: readonly Answer[]): boolean | undefined {
  const counted = answers.filter((one) => one.server !== undefined);
  if (counted.length === 0) return undefined;
  if (!counted.every(agrees) || answers.some((one) => one.error !== undefined)) return false;
  return counted.length === answers.length ? true : undefined;
}

const uncountedProblem = ({ question, error }: { question: Question; error: string }): Problem => ({
  kind: "incomplete",
  reason: `could not be counted on the server, so nothing proves that all of it was read: ${error}. Export it again when the server answers counts.`,
  range: question.range,
});

const toWindow = (one: Answer): ManifestWindow => ({
  ...rangeToText(one.question.range),
  read: { ...one.question.read },
  ...(one.question.firstRead === undefined ? {} : { firstRead: { ...one.question.firstRead } }),
  ...(one.server === undefined ? {} : { server: { ...one.server }, agrees: agrees(one) }),
});

/** One sentence for each unit and direction, with the sum over all windows, and each window that it is about. */
function problemsOf(answers: readonly Answer[]): Problem[] {
  const found = answers.flatMap((one) =>
    differences(one).map((each) => ({ ...each, range: one.question.range })),
  );
  const sums = new Map<string, number>();
  const key = ({ unit, more }: { unit: string; more: number }): string => `${more > 0} ${unit}`;
  for (const one of found) sums.set(key(one), (sums.get(key(one)) ?? 0) + one.more);
  return found.map((one) => ({
    kind: "incomplete",
    reason: sentence(one.unit, sums.get(key(one)) ?? one.more),
    range: one.range,
  }));
}

const sentence = (unit: string, more: number): string =>
  more > 0
    ? `the server counts ${countedUnit(more, unit)} more than were read`
    : `the server counts ${countedUnit(-more, unit)} fewer than were read: expired meanwhile, or read twice`;

/** Compares what was read with the server's own count. */
import type { Problem } from "../contract/contract.ts";
import type { ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { countedUnit } from "../units/unit-text.ts";
import { type CountAnswer, unitDifferences } from "./count.ts";
import type { CountQuestion } from "./windows.ts";

/** The result of the comparison with the server. */
export interface Reconciliation {
  readonly windows: readonly ManifestWindow[];
  /** True only when every window was counted. Absent when nothing differs and the server cannot say for some or all windows. */
  readonly agrees?: boolean;
  readonly problems: readonly Problem[];
  /** Why some windows could not be counted. */
  readonly uncounted?: string;
}

/** True when the server's count matches what was read, as far as it can say. */
export const agrees = (one: CountAnswer): boolean => unitDifferences(one).length === 0;

/** True when the server has more of something than was read. */
export const isShort = (one: CountAnswer): boolean => unitDifferences(one).some(({ more }) => more > 0);

/**
 * The result of the settled counts. A failed count confirms nothing. If a server cannot count, nothing is concluded about the
 * records.
 */
export function conclude(answers: readonly CountAnswer[]): Reconciliation {
  const counted = answers.filter((one) => one.server !== undefined);
  const failed = answers.flatMap(({ question, error }) => (error === undefined ? [] : [{ question, error }]));
  const agreed = agreement(answers);
  return {
    windows: answers.map(toWindow),
    ...given({ agrees: agreed }),
    problems: [...problemsOf(counted), ...failed.map(uncountedProblem)],
    ...given({ uncounted: failed[0]?.error }),
  };
}

/** Anything not confirmed by a count does not agree; if the server cannot say, nothing is claimed. */
function agreement(answers: readonly CountAnswer[]): boolean | undefined {
  const counted = answers.filter((one) => one.server !== undefined);
  if (counted.length === 0) return undefined;
  if (!counted.every(agrees) || answers.some((one) => one.error !== undefined)) return false;
  return counted.length === answers.length ? true : undefined;
}

const uncountedProblem = ({ question, error }: { question: CountQuestion; error: string }): Problem => ({
  kind: "incomplete",
  reason: `could not be counted on the server, so nothing proves that all of it was read: ${error}. Export it again when the server answers counts.`,
  range: question.range,
});

const toWindow = (one: CountAnswer): ManifestWindow => ({
  ...rangeToText(one.question.range),
  read: { ...one.question.read },
  ...given({
    firstRead: one.question.firstRead && { ...one.question.firstRead },
    server: one.server && { ...one.server },
    agrees: one.server && agrees(one),
  }),
});

/** One sentence per unit and direction, with the sum over all windows and each window concerned. */
function problemsOf(answers: readonly CountAnswer[]): Problem[] {
  const found = answers.flatMap((one) =>
    unitDifferences(one).map((each) => ({ ...each, range: one.question.range })),
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

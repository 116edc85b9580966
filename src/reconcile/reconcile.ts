/** Compares what was read with the server's own count. */
import type { Counts, Problem } from "../contract/contract.ts";
import type { ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { countedUnit } from "../units/unit-text.ts";
import { type CountAnswer, unitDifferences } from "./count.ts";
import type { Uncounted } from "./uncounted.ts";

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
  const failed = answers.flatMap(uncountedOf);
  const agreed = agreement(answers);
  return {
    windows: answers.map(toWindow),
    ...given({ agrees: agreed }),
    problems: [...problemsOf(counted), ...failed.map(uncountedProblem)],
    ...given({ uncounted: failed[0]?.reason }),
  };
}

/** Anything not confirmed by a count does not agree; if the server cannot say, nothing is claimed. */
function agreement(answers: readonly CountAnswer[]): boolean | undefined {
  const counted = answers.filter((one) => one.server !== undefined);
  if (counted.length === 0) return undefined;
  if (!counted.every(agrees) || answers.some((one) => uncountedOf(one).length > 0)) return false;
  return counted.length === answers.length ? true : undefined;
}

/** All of the window, or the parts of it that could not be counted. */
const uncountedOf = ({ question: { range }, error, gap }: CountAnswer): readonly Uncounted[] =>
  error === undefined ? (gap?.parts ?? []) : [{ range, items: [], reason: error }];

const uncountedProblem = ({ range, items, reason }: Uncounted): Problem => ({
  kind: "incomplete",
  reason: `could not be counted on the server, so nothing proves that all of it was read: ${reason}. Export it again when the server answers counts.`,
  range,
  ...(items.length === 0 ? {} : { items }),
});

function toWindow(one: CountAnswer): ManifestWindow {
  const { question, gap } = one;
  const server = comparedBy(one);
  return {
    ...rangeToText(question.range),
    read: { ...question.read },
    ...given({
      firstRead: question.firstRead && { ...question.firstRead },
      server,
      agrees: server && gap === undefined && agrees(one),
      uncounted: gap === undefined ? undefined : true,
    }),
  };
}

/** The server's counts that were compared; absent: none was. */
function comparedBy({ question, server = {} }: CountAnswer): Counts | undefined {
  const compared = Object.entries(server).filter(([unit]) => question.concerns(unit));
  return compared.length === 0 ? undefined : Object.fromEntries(compared);
}

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

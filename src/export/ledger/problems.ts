import type { Problem, ProblemKind } from "../../contract/contract.ts";
import type { ManifestProblem } from "../../snapshot/format/manifest.ts";
import { isLoss } from "../../snapshot/format/problem-kind.ts";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import { coalesce } from "../../snapshot/format/ranges.ts";
import type { Range } from "../../units/range.ts";

const ITEMS_MAX = 100;
const RANGES_MAX = 100;
const PROBLEMS_MAX = 500;

/** One backend's problems: those of the same kind and reason are merged, with all their ranges. */
export interface Problems {
  add(problem: Problem): void;
  /** In the form for the manifest, losses first. */
  list(): readonly ManifestProblem[];
  /** In the form of the contract, for progress. */
  current(): readonly Problem[];
  hasLoss(): boolean;
}

interface Merged {
  readonly kind: ProblemKind;
  readonly reason: string;
  /** `undefined`: one of them had no time, so no range limits the problem. */
  ranges: readonly Range[] | undefined;
  items: readonly string[];
  itemsTotal: number;
}

/** An empty collection. */
export function createProblems(): Problems {
  const merged = new Map<string, Merged>();
  const ordered = (): Merged[] => [...merged.values()].sort((a, b) => Number(isLoss(b)) - Number(isLoss(a)));
  return {
    add(problem) {
      const { kind, range, items = [] } = problem;
      const reason = reasonWithin(problem, merged);
      const key = `${kind} ${reason}`;
      const before = merged.get(key);
      const known = new Set([...(before?.items ?? []), ...items]);
      merged.set(key, {
        kind,
        reason,
        ranges: joinRanges(before === undefined ? [] : before.ranges, range),
        items: [...known].slice(0, ITEMS_MAX),
        // A second reading reports the same problems again.
        itemsTotal: (before?.itemsTotal ?? 0) + known.size - (before?.items.length ?? 0),
      });
    },
    list: () =>
      ordered().map(({ ranges, ...one }) => ({
        ...one,
        ranges: (ranges ?? []).map(rangeToText),
        items: [...one.items],
      })),
    current: () => ordered().map(({ kind, reason, items }) => ({ kind, reason, items })),
    hasLoss: () => [...merged.values()].some(isLoss),
  };
}

/** Protects memory and manifest from a plugin whose reasons are all different. */
function reasonWithin({ kind, reason }: Problem, merged: ReadonlyMap<string, Merged>): string {
  if (merged.size < PROBLEMS_MAX || merged.has(`${kind} ${reason}`)) return reason;
  return "further problems, each with a reason of its own";
}

function joinRanges(
  ranges: readonly Range[] | undefined,
  range: Range | undefined,
): readonly Range[] | undefined {
  if (ranges === undefined || range === undefined) return undefined;
  return atMost(coalesce([...ranges, range]), RANGES_MAX);
}

/** Joins the nearest neighbours until there are few enough: the result may cover too much, never too little. */
function atMost(ranges: Range[], most: number): Range[] {
  const kept = [...ranges];
  while (kept.length > most) {
    const gaps = kept.slice(1).map((range, index) => range.from - (kept[index]?.to ?? range.from));
    const nearest = gaps.reduce((best, gap, index) => (gap < (gaps[best] ?? gap) ? index : best), 0);
    const [a, b] = kept.slice(nearest, nearest + 2);
    if (a === undefined || b === undefined) break;
    kept.splice(nearest, 2, { from: a.from, to: b.to });
  }
  return kept;
}

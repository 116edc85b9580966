import type { Counts } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { OpenBackend } from "../host/open.ts";
import { countWindows } from "../reconcile/count.ts";
import { createCounter } from "../reconcile/in-parts.ts";
import { type SavedQuestion, savedQuestions } from "../reconcile/saved.ts";
import { addCounts, countsIn } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { byFrom } from "../snapshot/format/ranges.ts";
import type { Range } from "../units/range.ts";

/** Where a restore would write, and how its server is asked. */
interface HeldOptions {
  readonly range: Range;
  readonly limit: Pick<ConcurrencyLimit, "call" | "callPart">;
  readonly signal: AbortSignal;
}

/**
 * What a server already holds where a restore would write: its own counts of the saved windows, counted the same way as
 * after the restore. `undefined` when it cannot say, which does not prevent a restore. @throws only the signal's reason
 */
export async function countHeld(
  { backend }: OpenBackend,
  { windows }: ManifestPlugin,
  { range, limit, signal }: HeldOptions,
): Promise<Counts | undefined> {
  const questions = apart(savedQuestions(windows), range);
  const count = createCounter({ backend, ...limit });
  const answers = await countWindows(questions, { ask: (one) => count(one.range) });
  signal.throwIfAborted();
  const held: Record<string, number> = {};
  for (const { question, server } of answers) {
    if (server === undefined) return undefined;
    addCounts(held, countsIn(unitsOf(question), server));
  }
  return held;
}

const unitsOf = ({ counted, read }: SavedQuestion): string[] =>
  Object.keys(counted).filter((unit) => read[unit] !== undefined);

/** The windows within the range, in order. Snapshots' windows may overlap, so overlaps are removed to count nothing twice. */
function apart(questions: readonly SavedQuestion[], whole: Range): SavedQuestion[] {
  let counted = 0n;
  return questions
    .toSorted((a, b) => byFrom(a.range, b.range))
    .flatMap((one) => {
      const { to } = one.range;
      const from = one.range.from > counted ? one.range.from : counted;
      if (unitsOf(one).length === 0 || from >= to || from >= whole.to || to <= whole.from) return [];
      counted = to;
      return [{ ...one, range: { from, to } }];
    });
}

/** Asks a backend for its own counts, and reads again what it counts higher than was read. */

import type { Counts } from "../contract/contract.ts";
import type { CountAnswer, TimedAnswer } from "../reconcile/count.ts";
import type { Reread } from "../reconcile/part.ts";
import { conclude, isShort, type Reconciliation } from "../reconcile/reconcile.ts";
import { isAbout, type SettleOptions, settle, type TotalBefore } from "../reconcile/settle.ts";
import type { Range } from "../units/range.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { isPartOf } from "./reread/reread.ts";

/** The server's count from before or during the reading: only nice to have. */
interface EarlyCount {
  /** The result; `undefined` when it failed or has not finished, in which case it is abandoned. */
  end(): Promise<TotalBefore | undefined>;
}

/** Asks the server once for its count of a range. `undefined`: it cannot say. */
type CountOnce = (range: Range, enough: AbortSignal) => Promise<Counts | undefined>;

/**
 * Starts counting; reading does not wait for it. Not for a resumed export, whose records are older, or if nothing is exported.
 * @param count absent: the backend has no counts, or nothing is counted again
 */
export function countEarly({ range, bytes }: Ledger, count: CountOnce | undefined): EarlyCount {
  if (count === undefined || bytes > 0 || range.from >= range.to) return { end: async () => undefined };
  const enough = new AbortController();
  let total: TotalBefore | undefined;
  const counted = count(range, enough.signal)
    .then((counts) => {
      if (counts !== undefined) total = { counts, at: performance.now() };
    })
    .catch(() => {});
  return {
    async end() {
      const known = total;
      enough.abort();
      await counted;
      return known;
    },
  };
}

/** How a server is asked for counts, and when they are trusted. */
export type Counting = Omit<SettleOptions, "questions" | "before" | "earlier">;

/** What to count, and how. */
interface CountOptions {
  readonly ledger: Ledger;
  readonly counting: Counting;
  /** The result of {@link countEarly}. */
  readonly before: TotalBefore | undefined;
  /** Reads short parts a second time and adds what was missing. */
  readonly readAgain: (short: readonly CountAnswer[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Compares what was read with the server's counts. If the settled counts are higher, the missing part is read a second time.
 * @returns `undefined` when the export has to stop
 */
export async function countRead(options: CountOptions): Promise<Reconciliation | undefined> {
  const { ledger, counting, before, signal } = options;
  const first = await settle({ ...counting, before, questions: ledger.windows.questions(ledger.range) });
  if (signal.aborted) return undefined;
  const { length } = ledger.windows.rereads();
  await options.readAgain(first.filter(isShort));
  if (signal.aborted) return undefined;
  const again = ledger.windows.rereads().slice(length);
  const answers = again.length === 0 ? first : await countAgain(options, first, again);
  if (signal.aborted) return undefined;
  const result = conclude(answers);
  for (const problem of result.problems) ledger.problems.add(problem);
  return result;
}

/** Asks the server to count what was read a second time. */
async function countAgain(
  { ledger, counting }: CountOptions,
  earlier: readonly TimedAnswer[],
  again: readonly Reread[],
): Promise<readonly CountAnswer[]> {
  const all = ledger.windows.questions(ledger.range);
  const questions = all.filter((question) => again.some((one) => isPartOf(one, question)));
  const counts = await settle({ ...counting, earlier, questions });
  return all.map((question) => {
    const answer = [...counts, ...earlier].find(isAbout(question));
    return answer === undefined ? { question } : { ...answer, question };
  });
}

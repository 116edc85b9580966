/** Asks a backend for its own counts, and has read once more what it counts fuller than was read. */

import type { Reread } from "../reconcile/part.ts";
import { type Answer, conclude, isShort, type Reconciliation } from "../reconcile/reconcile.ts";
import {
  isAbout,
  type SettleOptions,
  settle,
  type TimedAnswer,
  type TotalBefore,
} from "../reconcile/settle.ts";
import { nowAt } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import type { Run } from "./context.ts";
import { isPartOf, type RereadOptions, readAgain } from "./reread/reread.ts";

/** The server's count from before the records are read, or from while they are: only good to have. */
export interface EarlyCount {
  /** What it came to; `undefined` when it failed, or has not ended by now: then it is given up. */
  end(): Promise<TotalBefore | undefined>;
}

/** Begins to count; the reading does not wait for it. Not of a resumed export, whose records are older, and not of nothing. */
export function countEarly({ backend, limit, ledger }: Run): EarlyCount {
  const { range, request, bytes } = ledger;
  if (backend.count === undefined || bytes > 0 || range.from >= range.to)
    return { end: async () => undefined };
  const asked = { range, ...(request.match === undefined ? {} : { match: request.match }) };
  const enough = new AbortController();
  let total: TotalBefore | undefined;
  const counted = limit
    .callOnce(async (inner) => backend.count?.(asked, inner), enough.signal)
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

/**
 * Compares what was read with the server's counts. Where these are more once they have settled, what is short is read a second
 * time, and what was lacking is added.
 * @param before what {@link countEarly} came to
 * @param drain runs the cursors that wait now, to their end, and keeps of each step what `admit` leaves of it
 * @returns `undefined` when the backend has no counts, or the export is to stop
 */
export async function countRead(
  run: Run,
  before: TotalBefore | undefined,
  drain: RereadOptions["drain"],
): Promise<Reconciliation | undefined> {
  const { backend, ledger, signal } = run;
  if (backend.count === undefined) return undefined;
  const counter = counterOf(run);
  const first = await settle({ ...counter, before, questions: ledger.windows.questions(ledger.range) });
  if (signal.aborted) return undefined;
  const { length } = ledger.windows.rereads();
  await readAgain(run, first.filter(isShort), { count: counter.count, drain });
  if (signal.aborted) return undefined;
  const again = ledger.windows.rereads().slice(length);
  const answers = again.length === 0 ? first : await countAgain(run, first, again);
  if (signal.aborted) return undefined;
  const result = conclude(answers);
  for (const problem of result.problems) ledger.problems.add(problem);
  return result;
}

/** Counts on the server what was read a second time. */
async function countAgain(
  run: Run,
  earlier: readonly TimedAnswer[],
  again: readonly Reread[],
): Promise<readonly Answer[]> {
  const all = run.ledger.windows.questions(run.ledger.range);
  const questions = all.filter((question) => again.some((one) => isPartOf(one, question)));
  const counts = await settle({ ...counterOf(run), earlier, questions });
  return all.map((question) => {
    const answer = [...counts, ...earlier].find(isAbout(question));
    return answer === undefined ? { question } : { ...answer, question };
  });
}

function counterOf({
  open,
  backend,
  limit,
  ledger,
  tuning,
  signal,
}: Run): Omit<SettleOptions, "questions" | "before" | "earlier"> {
  const match = ledger.request.match === undefined ? {} : { match: ledger.request.match };
  const recently = nowAt(open, fromMs(Date.now())) - fromMs(tuning.recentMs);
  return {
    count: (range) => limit.call(async (inner) => backend.count?.({ range, ...match }, inner)),
    atOnce: limit.slots,
    isRecent: ({ to }) => to > recently,
    recountMs: tuning.recountMs,
    recounts: tuning.recounts,
    pause: (ms) => sleep(ms, signal).catch(() => {}),
  };
}

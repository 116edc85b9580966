/** Asks a backend for its own counts, and has read once more what it counts fuller than it was read. */
import { nowAt } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import type { Run } from "./backend-run.ts";
import { type Answer, conclude, isShort, type Reconciliation } from "./reconcile.ts";
import { beginSecondReadings, endSecondReadings, isOver } from "./reread/reread.ts";
import { isAbout, type SettleOptions, settle, type TimedAnswer, type TotalBefore } from "./settle.ts";
import type { Question } from "./windows.ts";

/** The server's count from before the records are read, or from while they are: only good to have. */
export interface EarlyCount {
  /** What it came to; `undefined` when it failed, or has not ended by now: then it is given up. */
  end(): Promise<TotalBefore | undefined>;
}

/** Begins to count; the reading does not wait for it. Not of a resumed export, whose records are older, and not of nothing. */
export function countEarly({ backend, conductor, ledger }: Run): EarlyCount {
  const { range, request, bytes } = ledger;
  if (backend.count === undefined || bytes > 0 || range.from >= range.to)
    return { end: async () => undefined };
  const asked = { range, ...(request.match === undefined ? {} : { match: request.match }) };
  const enough = new AbortController();
  let total: TotalBefore | undefined;
  const counted = conductor
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
 * Compares what was read with the server's counts. What differs once they have settled is read a second time, and the
 * fuller reading counts.
 * @param before what {@link countEarly} came to
 * @param drain runs the cursors that wait now, to their end
 * @returns `undefined` when the backend has no counts, or the export is to stop
 */
export async function countRead(
  run: Run,
  before: TotalBefore | undefined,
  drain: () => Promise<void>,
): Promise<Reconciliation | undefined> {
  const { backend, ledger, signal } = run;
  if (backend.count === undefined) return undefined;
  const counter = counterOf(run);
  const first = await settle({ ...counter, before, questions: ledger.windows.questions(ledger.range) });
  if (signal.aborted) return undefined;
  await beginSecondReadings(
    run,
    first.filter(isShort).map((one) => one.question),
  );
  const answers = ledger.windows.rereads().every(isOver) ? first : await countAgain(run, first, drain);
  if (signal.aborted || answers === undefined) return undefined;
  const result = conclude(answers);
  for (const problem of result.problems) ledger.problems.add(problem);
  return result;
}

/** Has the second readings read, and counts on the server what they are about. */
async function countAgain(
  run: Run,
  earlier: readonly TimedAnswer[],
  drain: () => Promise<void>,
): Promise<Answer[] | undefined> {
  const { ledger, signal } = run;
  await drain();
  if (signal.aborted) return undefined;
  const open = ledger.windows.rereads().filter((one) => !isOver(one));
  const isReread = ({ range, part }: Question): boolean =>
    open.some(({ reread }) => part === reread.part && reread.from < range.to && reread.to > range.from);
  const questions = ledger.windows.questions(ledger.range).filter(isReread);
  const counts = await settle({ ...counterOf(run), earlier, questions });
  if (signal.aborted) return undefined;
  await endSecondReadings(run, counts);
  return ledger.windows.questions(ledger.range).map((question) => {
    const answer = [...counts, ...earlier].find(isAbout(question));
    return answer === undefined ? { question } : { ...answer, question };
  });
}

function counterOf({
  open,
  backend,
  conductor,
  ledger,
  tuning,
  signal,
}: Run): Omit<SettleOptions, "questions" | "before" | "earlier"> {
  const match = ledger.request.match === undefined ? {} : { match: ledger.request.match };
  const recently = nowAt(open, fromMs(Date.now())) - fromMs(tuning.recentMs);
  return {
    count: (range) => conductor.call(async (inner) => backend.count?.({ range, ...match }, inner)),
    atOnce: conductor.slots,
    isRecent: ({ to }) => to > recently,
    recountMs: tuning.recountMs,
    recounts: tuning.recounts,
    pause: (ms) => sleep(ms, signal).catch(() => {}),
  };
}

/** Asks a backend for its own counts, and has read once more what it counts fuller than it was read. */
import { nowAt } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import type { Run } from "./backend-run.ts";
import { type Answer, conclude, isShort, type Reconciliation } from "./reconcile.ts";
import { beginSecondReadings, endSecondReadings, isOver } from "./reread/reread.ts";
import { isAbout, type SettleOptions, settle, type TimedAnswer, type TotalBefore } from "./settle.ts";
import type { Question } from "./windows.ts";

/**
 * The server's count before the records are read, only good to have: `undefined` also when it fails. Not of a resumed
 * export, whose records are older.
 */
export async function countBefore({ backend, conductor, ledger }: Run): Promise<TotalBefore | undefined> {
  if (backend.count === undefined || ledger.bytes > 0) return undefined;
  const { match } = ledger.request;
  const request = { range: ledger.range, ...(match === undefined ? {} : { match }) };
  const ask = conductor.callOnce(async (inner) => backend.count?.(request, inner));
  const counts = await ask.catch(() => undefined);
  return counts === undefined ? undefined : { counts, at: performance.now() };
}

/**
 * Compares what was read with the server's counts. What differs once they have settled is read a second time, and the
 * fuller reading counts.
 * @param before what {@link countBefore} gave
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

/** Asks a backend for its own counts, and has read once more what it counts fuller than it was read. */
import type { Counts } from "../plugin/contract.ts";
import { sleep } from "../units/sleep.ts";
import type { Run } from "./backend-run.ts";
import {
  type Answer,
  conclude,
  isShort,
  type ReconcileOptions,
  type Reconciliation,
  settle,
} from "./reconcile.ts";
import { beginSecondReadings, endSecondReadings, isOver } from "./reread/reread.ts";
import type { Question } from "./windows.ts";

/**
 * The server's count before the records are read, only good to have: `undefined` also when it fails. Not of a resumed
 * export, whose records are older.
 */
export async function countBefore({ backend, conductor, ledger }: Run): Promise<Counts | undefined> {
  if (backend.count === undefined || ledger.bytes > 0) return undefined;
  const { match } = ledger.request;
  const request = { range: ledger.range, ...(match === undefined ? {} : { match }) };
  return conductor.callOnce(async (inner) => backend.count?.(request, inner)).catch(() => undefined);
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
  before: Counts | undefined,
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
  earlier: readonly Answer[],
  drain: () => Promise<void>,
): Promise<Answer[] | undefined> {
  const { ledger, signal } = run;
  await drain();
  if (signal.aborted) return undefined;
  const open = ledger.windows.rereads().filter((one) => !isOver(one));
  const isAbout = ({ range, part }: Question): boolean =>
    open.some(({ reread }) => part === reread.part && reread.from < range.to && reread.to > range.from);
  const questions = ledger.windows.questions(ledger.range).filter(isAbout);
  const counts = await settle({ ...counterOf(run), before: undefined, questions });
  if (signal.aborted) return undefined;
  await endSecondReadings(run, counts);
  return ledger.windows.questions(ledger.range).map((question) => {
    const answer = [...counts, ...earlier].find((one) => isSamePart(one.question, question));
    return answer === undefined ? { question } : { ...answer, question };
  });
}

const isSamePart = (a: Question, b: Question): boolean =>
  a.part === b.part && a.range.from === b.range.from && a.range.to === b.range.to;

function counterOf({
  backend,
  conductor,
  ledger,
  tuning,
  signal,
}: Run): Omit<ReconcileOptions, "questions" | "before"> {
  const match = ledger.request.match === undefined ? {} : { match: ledger.request.match };
  return {
    count: (range) => conductor.call(async (inner) => backend.count?.({ range, ...match }, inner)),
    pause: () => sleep(tuning.recountMs, signal).catch(() => {}),
    recounts: tuning.recounts,
    atOnce: conductor.slots,
  };
}

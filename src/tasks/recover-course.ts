/** The course of a recovery: each step once, noted when it begins and when it is done, and timed. */
import { runCommandStep, waitStep } from "../recovery/carry-out.ts";
import { type HeldBackend, heldBy, holdsLessThanSaved, type PutBack } from "../recovery/held.ts";
import {
  finishRecovery,
  lockRecovery,
  newRecovery,
  openRecoveryJournal,
  type RecoveryJournal,
  recoveryName,
  type StepNote,
} from "../recovery/journal.ts";
import type { RecoveryStep } from "../recovery/runbook.ts";
import { type RestoreReport, readReport } from "../restore/report.ts";
import { shortfalls } from "../restore/shortfalls.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { given } from "../units/given.ts";
import type { RecoveryPlan } from "./recover-plan.ts";
import { restoreOf } from "./restore.ts";
import { RefusedError } from "./task/errors.ts";
import { withLastWord } from "./task/last-word.ts";
import type { Running } from "./task/task.ts";
import { comparedLive } from "./verify.ts";

/** What became of a step. */
export interface StepReport {
  readonly kind: RecoveryStep["kind"];
  readonly text: string;
  /** `open`: it was not begun, because an earlier one failed. */
  readonly state: "done" | "failed" | "open";
  readonly seconds?: number;
  /** The directory of its restore, with the report, and how that ended. */
  readonly restore?: string;
  readonly status?: string;
  /** What is missing after that restore. */
  readonly missing?: readonly string[];
  /** Why it failed. */
  readonly reason?: string;
}

/** What a recovery did. */
export interface RecoveryReport {
  /**
   * - `complete`: everything of the snapshots is there.
   * - `different`: a server holds fewer than the snapshots had, or something differs.
   * - `partial`: something was left out, refused, or could not be counted.
   * - `stopped`: a step failed, and those after it were not begun; it can be resumed.
   */
  readonly status: "complete" | "different" | "partial" | "stopped";
  readonly directory: string;
  /** RFC 3339. */
  readonly began: string;
  /** Since it was begun, however often it was interrupted. */
  readonly seconds: number;
  readonly steps: readonly StepReport[];
  readonly held: readonly HeldBackend[];
}

/** Carries out every step that is not done yet. @throws RefusedError when another process does; the signal's reason */
export async function carryOutRecovery(plan: RecoveryPlan, running: Running): Promise<RecoveryReport> {
  const directory = plan.resumes ?? (await newRecovery(running.config.backups, plan.request));
  const lock = lockRecovery(directory);
  if (lock === undefined)
    throw new RefusedError(
      `${directory}: another process carries out this recovery`,
      "wait for it to end, or stop it",
    );
  try {
    const journal = await openRecoveryJournal(directory);
    try {
      return await followed(plan, journal, running);
    } finally {
      await journal.close();
    }
  } finally {
    lock.release();
  }
}

/** What the step before the last one leaves to the last one, and that to the report. */
interface StepEnd extends Pick<StepNote, "reason" | "restore" | "status"> {
  readonly held?: readonly HeldBackend[];
}

async function followed(
  plan: RecoveryPlan,
  journal: RecoveryJournal,
  running: Running,
): Promise<RecoveryReport> {
  let held: readonly HeldBackend[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const place = `step ${index + 1} of ${plan.steps.length}`;
    if (step.kind !== "count" && journal.last(step.key)?.state === "done") {
      running.note(`${place}: ${step.text}: done before`);
      continue;
    }
    running.note(`${place}: ${step.text}`);
    const end = await noted(step, place, { plan, journal, running });
    if (end.reason !== undefined) return reported(plan, journal, held);
    held = end.held ?? held;
  }
  const report = reported(plan, journal, held);
  await finishRecovery(journal.directory, report);
  return report;
}

/** What a step is carried out with. */
interface Surroundings {
  readonly plan: RecoveryPlan;
  readonly journal: RecoveryJournal;
  readonly running: Running;
}

async function noted(step: RecoveryStep, place: string, surroundings: Surroundings): Promise<StepEnd> {
  const { journal, running, plan } = surroundings;
  try {
    running.signal.throwIfAborted();
    const isAgain = journal.last(step.key) !== undefined;
    await journal.note({ step: step.key, state: "began" });
    const began = performance.now();
    const { held, ...end } = await carriedOut(step, isAgain, surroundings);
    const seconds = secondsOf(performance.now() - began);
    const state = end.reason === undefined ? "done" : "failed";
    await journal.note({ step: step.key, state, seconds, ...end });
    running.did({ report: journal.directory, steps: stepsOf(plan, journal).map(stepText) });
    return { ...end, ...given({ held }) };
  } catch (error) {
    throw withLastWord(
      error,
      `the recovery ended in ${place} (${step.text}); contextcore recover --resume goes on`,
    );
  }
}

/** A step in one line, for the trail. */
export const stepText = ({ text, state, seconds }: StepReport): string =>
  `${text}: ${state}${seconds === undefined ? "" : ` (${seconds} s)`}`;

const secondsOf = (ms: number): number => Math.round(ms / 100) / 10;

async function carriedOut(
  step: RecoveryStep,
  isAgain: boolean,
  surroundings: Surroundings,
): Promise<StepEnd> {
  const { config, env, signal, note: tell, backends } = surroundings.running;
  if (step.kind === "run")
    return given({ reason: await runCommandStep(step, { directory: config.directory, env, signal, tell }) });
  if (step.kind === "wait") return given({ reason: await waitStep(step, backends, { signal }) });
  return step.kind === "restore" ? restored(step.chains, isAgain, surroundings) : counted(surroundings);
}

async function restored(
  chains: readonly BackendChain[],
  isAgain: boolean,
  { plan, journal, running }: Surroundings,
): Promise<StepEnd> {
  const since = isAgain ? recoveryName(journal.directory) : undefined;
  const part = restoreOf(only(plan.chosen, chains), plan.openErasures, since);
  const report = await running.part(part, { existing: plan.existing });
  const { directory: restore, status } = report;
  return { restore, status, ...given({ reason: failureOf(report, chains) }) };
}

/** What is said of the others has been said in the plan. */
const only = (chosen: Chosen, chains: readonly BackendChain[]): Chosen => ({
  ...chosen,
  chains,
  lacking: chosen.lacking.filter(({ name }) => chains.some(({ backend }) => backend === name)),
  broken: [],
});

/** Why the steps after a restore should not be begun: a backend got nothing, or not all that there is for it. */
function failureOf(
  { plugins, notChosen, leftOut }: RestoreReport,
  chains: readonly BackendChain[],
): string | undefined {
  const failed = plugins.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name}: ${failure}`],
  );
  const dealtWith = new Set([...plugins, ...notChosen].map(({ name }) => name));
  const unwritten = chains.flatMap(({ backend }) => {
    if (dealtWith.has(backend)) return [];
    return [
      `${backend}: ${leftOut.findLast(({ name }) => name === backend)?.reason ?? "nothing was written"}`,
    ];
  });
  const all = [...failed, ...unwritten];
  return all.length === 0 ? undefined : all.join("; ");
}

async function counted({ plan, journal, running }: Surroundings): Promise<StepEnd> {
  const { signal } = running;
  const put = putBackBy(plan, journal);
  const live = await comparedLive({ chains: plan.targets.map(({ chain }) => chain) }, running);
  const held: HeldBackend[] = [];
  for (const report of live) {
    const open = plan.targets.find(({ chain }) => chain.backend === report.plugin)?.open;
    held.push(await heldBy(report, open, put.get(report.plugin) ?? NOTHING, signal));
  }
  return { held };
}

const NOTHING: PutBack = { chosen: {}, there: {}, isWhole: false };

/** By backend, what the restores of this recovery say. */
function putBackBy({ steps }: RecoveryPlan, journal: RecoveryJournal): Map<string, PutBack> {
  const directories = steps.flatMap(({ key }) => journal.last(key)?.restore ?? []);
  return new Map(
    directories.flatMap((directory) =>
      readReport(directory).plugins.map(({ name, chosen = {}, written, existing, erased, ...one }) => {
        const there: Record<string, number> = { ...written };
        addCounts(there, existing);
        const isWhole = one.rejected + one.lost.length === 0 && one.failure === undefined;
        return [name, { chosen, there, isWhole, ...given({ erased }) }] as const;
      }),
    ),
  );
}

function reported(
  plan: RecoveryPlan,
  journal: RecoveryJournal,
  held: readonly HeldBackend[],
): RecoveryReport {
  const steps = stepsOf(plan, journal).map(withMissing);
  const { began } = plan.request;
  return {
    status: statusOf(plan, steps, held),
    directory: journal.directory,
    began,
    seconds: secondsOf(Date.now() - Date.parse(began)),
    steps,
    held,
  };
}

const withMissing = (step: StepReport): StepReport =>
  step.restore === undefined || step.status === "complete"
    ? step
    : { ...step, missing: shortfalls(readReport(step.restore)) };

const stepsOf = ({ steps }: RecoveryPlan, journal: RecoveryJournal): StepReport[] =>
  steps.map(({ kind, text, key }) => {
    const { state = "began", seconds, restore, status, reason } = journal.last(key) ?? {};
    return {
      kind,
      text,
      state: state === "began" ? "open" : state,
      ...given({ seconds, restore, status, reason }),
    };
  });

function statusOf(
  { chosen, notHere }: RecoveryPlan,
  steps: readonly StepReport[],
  held: readonly HeldBackend[],
): RecoveryReport["status"] {
  if (steps.some(({ state }) => state !== "done")) return "stopped";
  if (held.some(holdsLessThanSaved)) return "different";
  const lacks =
    chosen.lacking.length + chosen.broken.length + notHere.length > 0 ||
    chosen.chains.some(({ missing }) => missing.length > 0) ||
    held.some(({ unproven }) => unproven.length > 0) ||
    steps.some(({ status = "complete" }) => status !== "complete");
  return lacks ? "partial" : "complete";
}

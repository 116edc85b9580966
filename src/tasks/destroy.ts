/** Destroys the stack after saving what the user wants to keep. */
import type { Ending } from "../audit/format/event.ts";
import type { Config } from "../config/config.ts";
import { SIGNALS } from "../contract/contract.ts";
import { type Aftermath, destroyStack } from "../destroy/destroy-stack.ts";
import {
  DESTROY_OPTIONS,
  type DestroyOption,
  isSaved,
  lossesWith,
  lossLines,
  SAVED,
} from "../destroy/losing.ts";
import { refusalOf } from "../destroy/policy/judge.ts";
import { type Loss, lossesOf } from "../inventory/losses.ts";
import { holdsOneOf, type Surveyed } from "../inventory/survey.ts";
import type { Taken } from "../inventory/taken.ts";
import { touchedFindings, type Untouched } from "../inventory/touched.ts";
import { commandText } from "../programs/command-text.ts";
import { checkCommand } from "../programs/run-command.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import type { Exported } from "./copy-exported.ts";
import { exportStack } from "./export.ts";
import { askBackends, backendTarget, takeInventory } from "./inventory.ts";
import { holdingsOf } from "./snapshots/holdings.ts";
import { type Caller, openContext } from "./stack/stack.ts";
import { RefusedError, UsageError } from "./task/errors.ts";
import { recordingRefusal } from "./task/run.ts";
import {
  type Answer,
  type Done,
  defineTask,
  type Refusal,
  type Running,
  type TaskContext,
  type Wanted,
} from "./task/task.ts";
import { requireUnheld } from "./unheld.ts";

const params = {
  option: {
    type: "value",
    hint: "N",
    values: DESTROY_OPTIONS,
    required: true,
    about: "1: export everything first; 2: export the dashboards first; 3: export nothing",
  },
} as const;

/** What would be destroyed, how, and what would be lost. */
export interface DestroyPlan {
  readonly option: DestroyOption;
  /** The stack's name. */
  readonly name: string;
  readonly command: readonly string[];
  /** The backends that it touches. */
  readonly findings: readonly Surveyed[];
  readonly untouched: readonly Untouched[];
  /** What no snapshot holds and the option does not save. */
  readonly losses: readonly Loss[];
}

/** What was saved before the destruction. */
interface Saved {
  readonly backup: "yes" | "no" | "dashboards" | "incomplete";
  readonly snapshot?: Exported;
  /** What could not be read, or arrived afterwards. */
  readonly losses: readonly Loss[];
}

/** Asks whether to go on although the export left something behind. */
export interface AllTheSame extends Saved {
  /** The stack's name. */
  readonly name: string;
}

/** What was saved, and then destroyed. */
export interface Destroyed extends Saved {
  /** What became of the stack, or why the command did not run. */
  readonly end: Aftermath | Refusal;
}

/** What is told during the destruction: what was saved, and the command that is about to run. */
export type DestroyNews = { readonly saved: Exported } | { readonly command: string };

type RunningDestroy = Running<AllTheSame, DestroyNews>;

/** What is exported first is copied, too, if the configuration says so. */
const openedFor = ({ copies }: Pick<Config, "copies">): Wanted => ({
  runs: "destroy",
  ...(copies.length === 0 ? {} : { stores: true }),
});

export const destroy = defineTask({
  kind: "destroy",
  about: "destroy the stack, after offering to save what it holds",
  params,
  opens: (_, config) => openedFor(config),
  destructive: true,
  async plan({ option }, context): Promise<DestroyPlan> {
    requireAllowed(context);
    const taken = context.taken ?? (await takeInventory(context));
    const { name, destroy: settings } = context.config;
    const { untouched } = taken.touching;
    const findings = touchedFindings(taken.findings, taken.touching);
    requireUnheld(findings, context);
    const losses = lossesWith(option, findings, taken.losses);
    return { option, name, command: settings.command, findings, untouched, losses };
  },
  targets: ({ findings, command }) =>
    findings.map(({ name, open }) => {
      const target = backendTarget(name, open);
      return { ...target, identity: `${target.identity} by ${commandText(command)}` };
    }),
  details: ({ option, command, losses, untouched }) => ({
    option: Number(option),
    command: commandText(command),
    ...losesOf(losses),
    ...(untouched.length === 0 ? {} : { not_touched: untouched.map(({ backend }) => backend) }),
  }),
  async run(plan, running: RunningDestroy): Promise<Done<Destroyed>> {
    const saved = await saveFirst(plan, running);
    const answer = isWhole(saved) ? AGREED : await running.ask({ ...saved, name: plan.name });
    const end = answer.agrees ? await destroyed(plan, running) : answer;
    return { result: { ...saved, end }, ending: endingOf(saved, end) };
  },
});

/** What a plan starts from: the stack, and what it holds. */
export type LookedAt = TaskContext & { readonly taken: Taken };

/**
 * Opens the stack, checks that the command may run, and asks each backend what it holds. A refusal is recorded. Where the plan is
 * only shown, the command does not run, so it need not be agreed to.
 * @throws CommandError; RefusedError when the policy forbids the command, or it would destroy what is held; HoldError
 */
export async function lookAtStack(caller: Caller): Promise<LookedAt> {
  const context = await openContext(caller, caller.isDry === true ? {} : openedFor);
  return recordingRefusal(destroy.kind, context, async () => {
    requireAllowed(context);
    const taken = await takeInventory(context);
    requireUnheld(touchedFindings(taken.findings, taken.touching), context);
    return { ...context, taken };
  });
}

const SETTING = "destroy.command";

/** @throws CommandError; RefusedError when the policy forbids the command */
function requireAllowed({ config, env }: TaskContext): void {
  checkCommand({ ...config.destroy, setting: SETTING, directory: config.directory, env });
  const refusal = refusalOf(config.destroy);
  if (refusal === undefined) return;
  const { part, rule, why: reason, message, hint } = refusal;
  throw new RefusedError(message, hint, { command: commandText(config.destroy.command), rule, part, reason });
}

/** Exports what the option asks for, and finds out what that left behind. */
async function saveFirst(plan: DestroyPlan, running: RunningDestroy): Promise<Saved> {
  const { option } = plan;
  if (option === "3") return { backup: "no", losses: [] };
  requireWorth(option, running);
  const wanted = Object.fromEntries(SIGNALS.map((signal) => [signal, SAVED[option].has(signal)]));
  const snapshot = await running.part(exportStack, { all: true, ...wanted });
  running.tell({ saved: snapshot });
  const losses = await leftBehind(plan, running);
  for (const line of lossLines(losses)) running.warn(line);
  const isComplete = snapshot.manifest.status === "complete";
  const backup = !isComplete ? "incomplete" : option === "1" ? "yes" : "dashboards";
  return { backup, snapshot, losses };
}

/** Exporting only dashboards requires a backend that may hold some. @throws UsageError */
function requireWorth(option: DestroyOption, { backends }: TaskContext): void {
  if (option !== "2" || backends.some(({ plugin }) => holdsOneOf(plugin.signals, SAVED[option]))) return;
  throw new UsageError(
    "no backend holds dashboards",
    "--option 1 exports everything first, --option 3 exports nothing",
  );
}

/** New data in the saved backends that no snapshot holds yet. */
async function leftBehind({ option, findings }: DestroyPlan, context: TaskContext): Promise<Loss[]> {
  const saved = new Set(findings.filter((one) => isSaved(option, one)).map(({ name }) => name));
  const backends = context.backends.filter(({ name }) => saved.has(name));
  const now = await askBackends(context, { backends, failures: [] });
  const { snapshots } = await readKept(await holdingsOf(context.config));
  return lossesOf(now, { snapshots, now: fromMs(Date.now()) });
}

/** True when everything that was to be saved was saved. */
const isWhole = ({ backup, losses }: Saved): boolean => backup !== "incomplete" && losses.length === 0;

const AGREED: Answer = { agrees: true };

function destroyed(plan: DestroyPlan, running: RunningDestroy): Promise<Aftermath> {
  const { env, signal, config, tell, onRequest } = running;
  const { name, command, findings } = plan;
  signal.throwIfAborted();
  requireUnheld(findings, running);
  tell({ command: commandText(command) });
  const request = {
    command,
    setting: SETTING,
    directory: config.directory,
    env,
    signal,
    ...given({ onRequest }),
  };
  return destroyStack(name, findings, request);
}

function endingOf({ backup, snapshot, losses }: Saved, end: Destroyed["end"]): Ending {
  const { outcome, details } = "agrees" in end ? { ...end, details: whyNot(backup, end) } : end.ending;
  const exportPath = given({ exportPath: snapshot?.path });
  return { outcome, details: { backup, ...losesOf(losses), ...details }, ...exportPath };
}

const whyNot = (backup: Saved["backup"], { details }: Refusal): Ending["details"] => ({
  reason: backup === "incomplete" ? "the export is not complete" : "what came after the export is not saved",
  ...details,
});

const losesOf = (losses: readonly Loss[]): Ending["details"] =>
  losses.length === 0 ? {} : { loses: losses.map(({ backend }) => backend) };

/** The process of one task: it plans, shows the plan where that is asked for, and carries out that very plan. */
import * as v from "valibot";
import type { Actor, Outcome } from "../../../audit/format/event.ts";
import { loadConfig } from "../../../config/load.ts";
import { BUILT_INS } from "../../../registry.ts";
import { inFull } from "../../../results/result.ts";
import { type Caller, openContext } from "../../../tasks/stack/stack.ts";
import { standingIn } from "../../../tasks/stack/unattended.ts";
import { lastWordOf } from "../../../tasks/task/last-word.ts";
import { readParams } from "../../../tasks/task/read-params.ts";
import { planTask } from "../../../tasks/task/run.ts";
import { errorJson } from "../../../terminal/show-error.ts";
import { StoppedError } from "../../../units/interrupted.ts";
import { type OfferedTask, offeredTask } from "../../offered.ts";
import { boundedLines } from "../lines.ts";
import {
  MESSAGE_MAX,
  orderSchema,
  PLAN_BYTES_MAX,
  RESULT_BYTES_MAX,
  type TaskEvent,
  type TaskOrder,
  TOLD_BYTES_MAX,
} from "../protocol.ts";
import { type Heeded, heed, type PlanDecision } from "./heed.ts";
import { tellingChannels } from "./tell.ts";

/** What the process is given by the system. */
interface Surroundings {
  readonly env: Caller["env"];
  /** Aborted by the system's signals. */
  readonly signal: AbortSignal;
  /** Writes to stdout, in order. */
  write(text: string): Promise<unknown>;
}

type Ended = Extract<TaskEvent, { event: "ended" }>;

/** Runs the task that the first line of stdin orders. @throws Error when it was not started as a task's process */
export async function runTaskProcess({ env, signal: ending, write }: Surroundings): Promise<void> {
  const lines = boundedLines(Bun.stdin.stream(), TOLD_BYTES_MAX);
  const order = readOrder(await lines.next());
  const heeded = heed(lines, ending);
  let written: Promise<unknown> = Promise.resolve();
  const tell = (event: TaskEvent): void => {
    written = write(`${JSON.stringify(event)}\n`);
  };
  tell(await ended(order, env, heeded, tell));
  await written;
}

function readOrder({ value, done }: IteratorResult<string, void>): TaskOrder {
  try {
    return v.parse(orderSchema, JSON.parse(done ? "" : (value ?? "")));
  } catch (cause) {
    throw new Error("only contextcore itself starts the process of a task", { cause });
  }
}

async function ended(
  order: TaskOrder,
  env: Caller["env"],
  heeded: Heeded,
  tell: (event: TaskEvent) => void,
): Promise<Ended> {
  let recorded: Outcome | undefined;
  const who = { actor: order.actor };
  const caller: Caller = {
    ...callerOf(order, env, heeded.signal),
    ...tellingChannels(tell),
    // From the decision on, it is done by who has decided.
    get actor() {
      return who.actor;
    },
    onEvent({ id, operation, outcome }) {
      if (operation !== order.kind) return;
      if (outcome !== "started") recorded = outcome;
      tell({ event: "recorded", id, outcome });
    },
  };
  try {
    return await carriedOut(
      order,
      caller,
      { ...heeded, decision: (patienceMs) => decided(heeded, patienceMs, who) },
      tell,
    );
  } catch (error) {
    return { ...failed(error, heeded.signal), ...(recorded && { outcome: recorded }) };
  }
}

async function decided(heeded: Heeded, patienceMs: number, who: { actor: Actor }): Promise<PlanDecision> {
  const decision = await heeded.decision(patienceMs);
  who.actor = decision.actor ?? who.actor;
  return decision;
}

/** Nobody can be asked here: what the project wants must have been agreed to. */
function callerOf({ project }: TaskOrder, env: Caller["env"], signal: AbortSignal) {
  const { directory, configFile, overrides } = project;
  const own = { directory, env, configFile, overrides, signal, ...standingIn(project, BUILT_INS) };
  return { ...own, builtIns: BUILT_INS, debug: false };
}

async function carriedOut(
  order: TaskOrder,
  caller: Caller,
  heeded: Heeded,
  tell: (event: TaskEvent) => void,
): Promise<Ended> {
  const offered = await offeredTask(order.kind);
  if (offered === undefined) throw new Error(`there is no task ${order.kind}`);
  const { task } = offered;
  const params = readParams(task, order.params, await loadConfig(caller));
  const context = await openContext(caller, (config) => task.opens?.(params, config) ?? {});
  await using planned = await planTask(task, params, context);
  const { plan, targets, sha256 } = planned;
  const asks = task.destructive || order.plans;
  if (asks) tell(planEvent(offered, plan, targets, sha256));
  if (task.destructive && targets.length === 0) return { event: "ended", outcome: "success" };
  if (asks) {
    const decision = await heeded.decision(order.patienceMs);
    if (!("sha256" in decision) || decision.sha256 !== sha256) {
      const refusal = "sha256" in decision ? OTHER_PLAN : decision;
      if (task.destructive) await planned.decline(refusal);
      return {
        event: "ended",
        outcome: refusal.outcome,
        error: messageIn(refusal.details),
      };
    }
  }
  tell({ event: "begins" });
  const { result, ending } = await planned.carryOut();
  const why = ending.outcome === "success" ? undefined : lackText(offered.lacks(result));
  return {
    event: "ended",
    outcome: ending.outcome,
    ...(why && { error: { message: why.slice(0, MESSAGE_MAX) } }),
    ...resultOf(offered, plan, result),
  };
}

/** The first thing, and how many others there are. */
function lackText([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined || others.length === 0) return first;
  return `${first.slice(0, MESSAGE_MAX / 2)}; and ${others.length} more`;
}

const OTHER_PLAN = {
  agrees: false,
  outcome: "refused",
  details: { error: "another plan was agreed to" },
} as const;

const messageIn = (details: { readonly error?: unknown } = {}): { readonly message: string } => ({
  message: String(details.error ?? "it was declined").slice(0, MESSAGE_MAX),
});

function planEvent(
  offered: OfferedTask,
  plan: unknown,
  targets: readonly { readonly kind: string; readonly name: string; readonly identity: string }[],
  sha256: string,
): TaskEvent {
  const base = { event: "plan", sha256, targetsTotal: targets.length } as const;
  const shown = offered.plan === undefined ? undefined : inFull(offered.plan, offered.planJson?.(plan) ?? {});
  const whole = { ...base, targets: targets.map((target) => ({ ...target })), plan: shown, isWhole: true };
  if (Buffer.byteLength(JSON.stringify(whole)) <= PLAN_BYTES_MAX) return whole;
  return { ...base, targets: [], isWhole: false };
}

function resultOf({ resultJson, result: shape }: OfferedTask, plan: unknown, result: unknown) {
  const json = inFull(shape, resultJson(plan, result));
  const bytes = Buffer.byteLength(JSON.stringify(json));
  return bytes <= RESULT_BYTES_MAX ? { result: json } : { resultBytes: bytes };
}

/** What ended by itself, whoever wanted it to. */
function outcomeOf(signal: AbortSignal): Outcome | undefined {
  if (!signal.aborted) return undefined;
  return signal.reason instanceof StoppedError ? "interrupted" : "cancelled";
}

const REFUSALS: ReadonlySet<string> = new Set(["RefusedError", "TrailError", "AgreementError"]);

function failed(error: unknown, signal: AbortSignal): Ended {
  const isRefusal = error instanceof Error && REFUSALS.has(error.name);
  const { message, hint } = errorJson(error).error;
  const truth = lastWordOf(error);
  return {
    event: "ended",
    outcome: outcomeOf(signal) ?? (isRefusal ? "refused" : "failed"),
    error: { message: message.slice(0, MESSAGE_MAX), ...(hint && { hint: hint.slice(0, MESSAGE_MAX) }) },
    ...(truth && { truth: truth.slice(0, MESSAGE_MAX) }),
  };
}

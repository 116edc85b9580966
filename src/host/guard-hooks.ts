/** A plugin's hooks by name, with their time limits and answer shapes. */
import { ANSWERS } from "./answers.ts";
import { type HookCall, HookDefect } from "./hook.ts";

export interface GuardOptions {
  readonly redact: (text: string) => string;
  readonly limits?: Partial<HookLimits>;
  /** Third-party code in its own process has less time. */
  readonly foreign?: boolean;
}

/** Time limit of a hook, ms. */
export interface HookLimits {
  /** Hooks that only look: inventory, size, limits, count, preflight, settleMs, probe, deliver, history. */
  readonly lookMs: number;
  /** Hooks that work: start, step, apply, flush. */
  readonly workMs: number;
  /** Steps in a row without records and objects before the export counts as endless. */
  readonly barrenSteps: number;
}

/** One HTTP call may take five minutes, and a hook may make several. */
const LIMITS: HookLimits = { lookMs: 10 * 60_000, workMs: 30 * 60_000, barrenSteps: 100_000 };
const FOREIGN_LIMITS: HookLimits = { lookMs: 60_000, workMs: 10 * 60_000, barrenSteps: 10_000 };

/** Which of the time limits applies. */
type Kind = "lookMs" | "workMs";

/** The hooks of a plugin. */
export function hooks(plugin: string, { redact, limits, foreign = false }: GuardOptions) {
  const all: HookLimits = { ...(foreign ? FOREIGN_LIMITS : LIMITS), ...limits };
  const hook = (name: string, kind: Kind): HookCall => ({
    plugin,
    hook: name,
    limitMs: all[kind],
    answer: answerOf(name),
    redact,
  });
  return { hook, limits: all };
}

const answerOf = (hook: string) =>
  Object.entries(ANSWERS).find(([name]) => name === hook)?.[1] ?? ANSWERS.nothing;

/** @throws HookDefect naming what is missing */
export function requireFunctions(
  plugin: string,
  what: string,
  value: unknown,
  names: readonly string[],
): void {
  const missing = names.filter(
    (name) => typeof value !== "object" || value === null || typeof Reflect.get(value, name) !== "function",
  );
  if (missing.length > 0) throw new HookDefect(`${plugin}: its ${what} has no ${missing.join(" and no ")}`);
}

/** The hooks of one plugin as they are called: by name, with the time that they have and the shape that they answer in. */
import { ANSWERS } from "./answers.ts";
import { type Hook, HookDefect } from "./hook.ts";

export interface GuardOptions {
  readonly redact: (text: string) => string;
  readonly limits?: Partial<HookLimits>;
  /** A stranger's code, in a process of its own: it has less time. */
  readonly foreign?: boolean;
}

/** How long a hook may take, ms. */
export interface HookLimits {
  /** What looks: inventory, size, limits, count, preflight, settleMs, probe, deliver, history. */
  readonly lookMs: number;
  /** What works: start, step, apply, flush. */
  readonly workMs: number;
  /** Steps in a row that brought no records and no objects, before the export counts as endless. */
  readonly barrenSteps: number;
}

/** A call of the HTTP client may take five minutes, a hook several calls. */
const LIMITS: HookLimits = { lookMs: 10 * 60_000, workMs: 30 * 60_000, barrenSteps: 100_000 };
const FOREIGN_LIMITS: HookLimits = { lookMs: 60_000, workMs: 10 * 60_000, barrenSteps: 10_000 };

/** Which of the times. */
type Kind = "lookMs" | "workMs";

/** The hooks of a plugin. */
export function hooks(plugin: string, { redact, limits, foreign = false }: GuardOptions) {
  const all: HookLimits = { ...(foreign ? FOREIGN_LIMITS : LIMITS), ...limits };
  const hook = (name: string, kind: Kind): Hook => ({
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

/** Asks every backend what it holds and how big it is. One that does not answer affects no other. */

import type { Inventory, Signal, Size } from "../contract/contract.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { LOOK_TUNING } from "../engine/tuning.ts";
import { type OnWait, type TellWait, waitsOf } from "../engine/wait.ts";
import type { OpenBackend, OpenFailure } from "../host/open.ts";
import { given } from "../units/given.ts";
import { asError, messageOf } from "../units/message-of.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { type Condition, conditionOf } from "./condition.ts";

/** The message when there is no backend to ask, which is not the same as a stack without data. */
export const NONE_ENABLED = "no backend is enabled, so nobody was asked what there is";

/** What is known of one backend now. */
export type Surveyed = Reached | Missing;

/** A backend that said what it holds. */
export interface Reached {
  readonly state: "reached";
  readonly name: string;
  readonly open: OpenBackend;
  readonly inventory: Inventory;
  /** Absent when it could not be determined; `sizeProblem` then says why. */
  readonly size?: Size;
  readonly sizeProblem?: string;
}

/** A backend that could not say what it holds, and the error that tells why. */
export interface Missing {
  readonly state: Condition;
  readonly name: string;
  /** Absent when the plugin could not even be opened. */
  readonly open?: OpenBackend;
  readonly error: Error;
  /** It may have said that all the same. */
  readonly size?: Size;
}

interface SurveyOptions {
  readonly signal: AbortSignal;
  /** How long one backend may take to answer, ms. */
  readonly timeoutMs: number;
  /** Called when one more backend has answered, or will not. */
  readonly onAnswer?: (name: string) => void;
  readonly onWait?: OnWait;
}

/** One finding per backend and failure, backends first and in order. */
export async function survey(
  stack: { readonly backends: readonly OpenBackend[]; readonly failures: readonly OpenFailure[] },
  options: SurveyOptions,
): Promise<readonly Surveyed[]> {
  const failures = stack.failures.map(({ name, error }): Missing => ({ state: "failed", name, error }));
  const answers = await Promise.all(stack.backends.map((open) => ask(open, options)));
  options.signal.throwIfAborted();
  return [...answers, ...failures];
}

async function ask(open: OpenBackend, options: SurveyOptions): Promise<Surveyed> {
  const { signal, timeoutMs, onAnswer, onWait } = options;
  const { name, backend } = open;
  const slow = tooSlow(open, timeoutMs);
  const tellWait = waitsOf(name, onWait);
  const within: Within = (hook) =>
    withTimeLimit((limit) => call(hook, limit, tellWait), signal, { limitMs: timeoutMs, late: () => slow });
  const [listed, sized] = await Promise.all([
    within((inner) => backend.inventory(inner)).catch(asError),
    sizeOf(open, within),
  ]);
  onAnswer?.(name);
  if (!(listed instanceof Error)) return { state: "reached", name, open, inventory: listed, ...sized };
  const { size } = sized;
  // One that says how big it is answers, and is only slow at saying what it holds.
  const late = size === undefined ? "unreachable" : "failing";
  const state = listed === slow ? late : conditionOf(listed);
  return { state, name, open, error: listed, ...given({ size }) };
}

/** Calls a hook as often as a first look is worth, within the time of the survey. */
type Within = <Result>(hook: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;

function call<Result>(
  hook: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
  tellWait: TellWait,
): Promise<Result> {
  return createConcurrencyLimit({ concurrency: 1, tuning: LOOK_TUNING, signal, tellWait }).call(hook);
}

const tooSlow = ({ url }: OpenBackend, timeoutMs: number): Error =>
  new Error(`${url ?? "it"} did not answer within ${timeoutMs / 1000} s`);

async function sizeOf(open: OpenBackend, within: Within): Promise<Pick<Reached, "size" | "sizeProblem">> {
  try {
    return { size: await within((signal) => open.backend.size(signal)) };
  } catch (error) {
    return { sizeProblem: messageOf(error) };
  }
}

/** Whether a backend holds one of the wanted signals; one that does not say may. */
export const holdsOneOf = (held: readonly Signal[] | undefined, wanted: ReadonlySet<Signal>): boolean =>
  held === undefined || held.some((one) => wanted.has(one));

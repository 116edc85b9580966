/** A plugin opened in its own process: one set of options, and the contract's hooks by name. */
import * as v from "valibot";
import { about } from "../../config/introspect.ts";
import type { Context, OptionsSchema } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import type { FaceName } from "../hooks/table.ts";
import type { Options } from "../plugin/context.ts";
import type { Process } from "./launch.ts";
import { type Opened, openedSchema } from "./messages.ts";
import { OptionsRefused } from "./options-refused.ts";
import type { Runner } from "./runner.ts";
import { visibleUrl, withoutCredentials } from "./withheld.ts";

interface Opening {
  readonly face: FaceName;
  /** The parts of the declaration that stand for the plugin's own. */
  readonly schema: OptionsSchema;
  readonly context: Context<Options>;
  readonly redact: (text: string) => string;
  readonly timeout?: string;
}

/** An instance that survives the loss of its process: the next call opens it again in a new one. */
export interface Instance {
  readonly opened: Opened;
  /**
   * Calls a hook. Its answer is unchecked: the guard and the engine check it.
   * @param shown what it receives in pieces while it runs, by a number among its arguments
   * @throws what the hook throws, or PluginError when its process is lost
   */
  ask<Answer>(
    hook: string,
    args: readonly unknown[],
    signal?: AbortSignal,
    shown?: ShownLines,
  ): Promise<Answer>;
}

/** Lines that a hook takes in pieces while it runs; it asks for the next piece by `id`, which {@link nextNumber} gave. */
export interface ShownLines {
  readonly id: number;
  readonly pieces: AsyncIterator<unknown>;
}

let numbers = 0;

/** A unique number by which the two processes refer to something. */
export const nextNumber = (): number => ++numbers;

/** @throws OptionsRefused, or what the plugin throws when it is opened */
export async function openInstance(runner: Runner, opening: Opening): Promise<Instance> {
  const instance = nextNumber();
  const openIn = once(async (process: Process): Promise<Opened> => {
    process.admit(instance, opening);
    const answer = await process.child.callWithin(process.openMs, "open", inputOf(instance, opening));
    const { issues, ...opened } = v.parse(openedSchema, answer);
    if (issues !== undefined) throw new OptionsRefused(issues);
    return opened;
  });
  const { clock } = opening.context;
  const opened = await runner.run(openIn);
  return {
    opened,
    async ask<Answer>(hook: string, args: readonly unknown[], signal?: AbortSignal, shown?: ShownLines) {
      const answer = await runner.run(async (process) => {
        await openIn(process);
        const hide = shown === undefined ? undefined : process.show(shown.id, shown.pieces);
        const call = { instance, hook, args, now: clock() };
        return callIn(process, call, signal).finally(() => hide?.());
      });
      return answer as Answer;
    },
  };
}

/** A blocked process does not notice a cancellation, and would not notice the next call either. */
async function callIn({ child }: Process, call: object, signal?: AbortSignal): Promise<unknown> {
  const abort = (): void => child.stopIfSilent();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await child.peer.call("hook", call, signal);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function inputOf(instance: number, { face, schema, context, timeout }: Opening) {
  const { options, http, limits, clock } = context;
  const { url } = schema.entries;
  const isSecret = url !== undefined && about(url).secret === true;
  return {
    instance,
    face,
    options: withoutCredentials(options, schema),
    ...(http.url === "" ? {} : { url: visibleUrl(http.url, isSecret) }),
    ...given({ timeout }),
    stepBytes: limits.stepBytes,
    now: clock(),
  };
}

/** Caches the work's result for each process. */
function once<Result>(work: (process: Process) => Promise<Result>): (process: Process) => Promise<Result> {
  const done = new WeakMap<Process, Promise<Result>>();
  return (process) => {
    const result = done.get(process) ?? work(process);
    done.set(process, result);
    return result;
  };
}

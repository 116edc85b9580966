/** What lets go of one kind of data: it says what is past its time, and lets go of exactly that. */
import type { Params, ParamValues } from "./task/param.ts";
import { valuesOf } from "./task/param.ts";
import type { Running, Target, Task, TaskContext } from "./task/task.ts";

/** Something that is past its time, and goes. */
export interface DueItem extends Target {
  /** Rest of a sentence about it: `2 runs`, `loki is transient, 31 days old`. */
  readonly what: string;
  readonly bytes?: number;
}

/** Something that is past its time, and stays for now. */
export interface Staying {
  readonly name: string;
  readonly reason: string;
  /** It should be gone, and cannot go now. Absent: it stays rightly, as what is held does. */
  readonly isOwed?: true;
  /** When it can go at the earliest, RFC 3339. */
  readonly until?: string;
}

/** What became of what was due. */
export interface LetGo {
  /** Names of what is gone. */
  readonly gone: readonly string[];
  readonly stays: readonly Staying[];
}

/** What is due of one kind of data; disposing of it releases what it holds open. */
export interface Due extends AsyncDisposable {
  readonly items: readonly DueItem[];
  readonly stays: readonly Staying[];
  /** Lets go of these items and of nothing else. @param did is told of each that is gone */
  letGo(running: Running, did: (name: string) => void): Promise<LetGo>;
}

/** What {@link Expirer.look} is told. */
interface ExpiryAsked {
  /** Even the newest snapshot that holds a configured backend whole may go. */
  readonly newest: boolean;
  readonly key: readonly string[];
  readonly identity: string | undefined;
  readonly "passphrase-file": string | undefined;
}

/** Lets go of one kind of data. */
export interface Expirer {
  /** What it looks after, as people name it. */
  readonly name: string;
  /** @param now ns @throws what keeps it from looking */
  look(context: TaskContext, asked: ExpiryAsked, now: bigint): Promise<Due>;
}

const NOTHING_HELD = async (): Promise<void> => undefined;

/** Nothing of this kind is due. */
export const nothingDue = (stays: readonly Staying[] = []): Due => ({
  items: [],
  stays,
  letGo: async () => ({ gone: [], stays: [] }),
  [Symbol.asyncDispose]: NOTHING_HELD,
});

/** How a task of its own lets go of its kind of data. */
interface OfTask<P extends Params, Plan, Result> {
  readonly name: string;
  readonly task: Task<P, Plan, Result>;
  /** The parameters that differ from their defaults. */
  readonly given: Partial<ParamValues<P>>;
  /** What a target of the plan is, in words. */
  what(plan: Plan, target: Target): string;
  /** What stays although it is past its time. */
  stays?(plan: Plan): readonly Staying[];
  /** What was not let go. */
  left?(plan: Plan, result: Result): readonly Staying[];
}

/** The plan of another task is a part of this one: its targets are agreed to, and it has its own events. */
export const expirerOf = <P extends Params, Plan, Result>(of: OfTask<P, Plan, Result>): Expirer => ({
  name: of.name,
  async look(context) {
    const { task, given } = of;
    const plan = await task.plan(valuesOf(task.params, given), context);
    const items = task.targets(plan).map((target) => ({ ...target, what: of.what(plan, target) }));
    return {
      items,
      stays: of.stays?.(plan) ?? [],
      async letGo(running, did) {
        if (items.length === 0) return { gone: [], stays: [] };
        const { result, ending } = await running.planned(task, plan);
        const left = of.left?.(plan, result) ?? unfinished(of.name, ending.details?.error);
        const gone = items.map(({ name }) => name).filter((name) => !left.some((one) => one.name === name));
        for (const name of gone) did(name);
        return { gone, stays: left };
      },
      async [Symbol.asyncDispose]() {
        if (isDisposable(plan)) await plan[Symbol.asyncDispose]();
      },
    };
  },
});

const isDisposable = (plan: unknown): plan is AsyncDisposable =>
  typeof plan === "object" && plan !== null && Symbol.asyncDispose in plan;

const unfinished = (name: string, error: unknown): Staying[] =>
  typeof error === "string" ? [{ name, reason: error, isOwed: true }] : [];

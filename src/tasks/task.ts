/**
 * A piece of work as a value: what it is told, what it would do, and how it does that. It knows no terminal and no HTTP, so
 * that whatever starts it shows the same plan, agrees to the same thing, and leaves the same events.
 */
import type { Did, Ending, NewEvent, RecordEnd, Trail } from "../audit/format/event.ts";
import type { Config } from "../config/config.ts";
import type { OpenPlugins } from "../host/open.ts";
import type { Params, ParamValues } from "./param.ts";
import type { Follow, WaitFor } from "./progress.ts";

/** Something that a plan touches, as it was when the plan was made. */
export interface Target {
  /** `snapshot`, `dashboard`, `backend` … */
  readonly kind: string;
  /** What people call it, and what the trail says was affected. */
  readonly name: string;
  /**
   * What makes it this very thing: the hash of a manifest, a version, a path with its inode. It is compared again before the
   * target is touched; what has changed by then is left alone, and named.
   */
  readonly identity: string;
}

/** The stack that a task works on, and how it is heard. */
export interface TaskContext extends OpenPlugins {
  readonly config: Config;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted: the work ends cleanly, and is recorded as cancelled. */
  readonly signal: AbortSignal;
  /** What a person may like to know on the way. */
  readonly note: (message: string) => void;
  /** What a person must know, while it goes on or afterwards. */
  readonly warn: (message: string) => void;
  /** Tells how far work has come. */
  readonly follow: Follow;
  readonly waitFor: WaitFor;
  /** Takes a result that is a long text, no faster than its reader does. @returns whether the reader took it all */
  readonly pour: (pieces: Iterable<string>) => Promise<boolean>;
  /** The trail's file. */
  readonly trailFile: string;
  /** `~/.contextcore` of the user. */
  readonly home: string;
  /** Opens the trail; it is opened only by work that is recorded. */
  readonly openTrail: () => Trail & AsyncDisposable;
}

/** What of the stack is opened. */
export interface Wanted {
  /** The backends that are wanted; default all. Sinks are opened all the same. */
  readonly only?: readonly string[];
  /** Instead of the configured one, for every backend that has tenants. */
  readonly tenant?: string | undefined;
  /** No server is asked for anything while it is opened. */
  readonly asksNothing?: true;
  /** The configured command is going to run. */
  readonly isDestroying?: true;
}

/** While a task runs. */
export interface Running<Question = never> extends TaskContext {
  /**
   * Plans and carries out another task as a part of this one, agreed to with it: it has its own two events in the same trail.
   * @param given of its parameters those that are not as they are declared
   */
  readonly part: <P extends Params, Plan, Result>(
    task: Task<P, Plan, Result>,
    given: Partial<ParamValues<P>>,
  ) => Promise<Result>;
  /** Tells the trail what has been done by now and stays, should the work fail after that. */
  readonly did: Did;
  readonly recordEnd: RecordEnd;
  /** Asks whether to go on, where what was found on the way is not what was agreed to. */
  readonly ask: (question: Question) => Promise<Answer>;
}

/** Whether a person agrees to go on; why not, for the trail. */
export type Answer = { readonly agrees: true } | Refusal;

export interface Refusal {
  readonly agrees: false;
  /** `refused`: nobody could be asked; `cancelled`: the answer was no, or the question was left. */
  readonly outcome: "refused" | "cancelled";
  /** It was answered, with no. */
  readonly isNo?: true;
  readonly details?: NewEvent["details"];
}

/** What came of it, and what the trail says of that. */
export interface Done<Result> {
  readonly result: Result;
  readonly ending: Ending;
}

/** See {@link defineTask}. */
export interface Task<P extends Params = Params, Plan = unknown, Result = unknown, Question = never> {
  /** Its name in the trail, in permissions and in schedules. */
  readonly kind: string;
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  readonly params: P;
  /**
   * What of the stack is opened for it; default: all. `nothing`: it reads files alone, so that of the project nothing has to
   * be agreed to.
   */
  opens?(given: ParamValues<P>): Wanted | "nothing";
  /** It deletes or overwrites: it does not begin unless the trail has it, and only what the plan names is touched. */
  readonly destructive: boolean;
  /**
   * `false`: it only looks, and the trail does not hear of it. `"end"`: its one event is its end, told by
   * {@link Running.recordEnd} before the deed. Else the trail has that it began, and how it ended.
   */
  readonly recorded?: false | "end";
  /**
   * Looks, and writes nothing. A plan that holds something open is disposable: who asked for it disposes of it.
   * @throws UsageError; RefusedError, which the trail keeps where it has `recorded`
   */
  plan(params: ParamValues<P>, context: TaskContext): Promise<Plan>;
  /** What carrying it out would touch. None: there is nothing to do. */
  targets(plan: Plan): readonly Target[];
  /** What the trail is told beforehand, besides the targets. */
  details?(plan: Plan): NonNullable<NewEvent["details"]>;
  /** Carries out this very plan. */
  run(plan: Plan, running: Running<Question>): Promise<Done<Result>>;
}

/** Declares a task; gives the types of its parameters, changes nothing. */
export const defineTask = <const P extends Params, Plan, Result, Question = never>(
  task: Task<P, Plan, Result, Question>,
): Task<P, Plan, Result, Question> => task;

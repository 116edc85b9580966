/**
 * A task as a value: its parameters, its plan, and how it is carried out. It knows no terminal and no HTTP, so every caller
 * shows the same plan, agrees to the same thing and leaves the same events.
 */
import type { Did, Ending, NewEvent, RecordEnd, Trail } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import type { OnWait } from "../../engine/wait.ts";
import type { OpenPlugins } from "../../host/open.ts";
import type { OnRequest } from "../../http/watched.ts";
import type { Taken } from "../../inventory/taken.ts";
import type { Runs } from "./agreed.ts";
import type { AskPassphrase } from "./identity.ts";
import type { Params, ParamValues } from "./param.ts";
import type { Follow, WaitFor } from "./progress.ts";

/** Something that a plan touches, as it was when the plan was made. */
export interface Target {
  /** `snapshot`, `dashboard`, `backend` … */
  readonly kind: string;
  /** Its name for people, and in the trail's list of what was affected. */
  readonly name: string;
  /**
   * Identifies this exact object: a manifest's hash, a content's, a path with its inode, a server with its tenant. What can
   * change while a plan waits for agreement is compared again before it is touched; if it has, it is left alone and named.
   */
  readonly identity: string;
}

/** The stack that a task works on, and its channels to the user. */
export interface TaskContext extends OpenPlugins {
  readonly config: Config;
  /** Base of relative paths. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** When aborted, the work ends cleanly and is recorded as cancelled. */
  readonly signal: AbortSignal;
  /** Reports something useful during the work. */
  readonly note: (message: string) => void;
  /** Reports something the user must know, during the work or afterwards. */
  readonly warn: (message: string) => void;
  /** Reports progress. */
  readonly follow: Follow;
  readonly waitFor: WaitFor;
  /** Outputs a long text at its reader's pace. @returns whether the reader took all of it */
  readonly pour: (pieces: Iterable<string> | AsyncIterable<string>) => Promise<boolean>;
  /** Is told of every request to a server; absent: nobody wants to know. */
  readonly onRequest?: OnRequest;
  /** Asks for the passphrase of an identity; absent: nobody is there to answer. */
  readonly askPassphrase?: AskPassphrase;
  /** Is told of every wait for a server. */
  readonly onWait?: OnWait;
  /**
   * The plan is only shown: to make it, nothing may change on a server or on a disk, and no refusal is recorded.
   */
  readonly isDry?: true;
  /** What the caller has just shown of the stack: a plan starts from it, and asks no server again. */
  readonly taken?: Taken;
  /** The trail's file. */
  readonly trailFile: string;
  /** The user's `~/.contextcore`. */
  readonly home: string;
  /** Opens the trail. Only recorded work opens it. */
  readonly openTrail: () => Trail & AsyncDisposable;
}

/** Which parts of the stack to open. */
export interface Wanted {
  /** The backends to open; default all. Sinks are always opened. */
  readonly only?: readonly string[];
  /** The flag that names them, for messages; default: `--plugin`. */
  readonly onlyBy?: string;
  /** Replaces the configured tenant of every backend that has tenants. */
  readonly tenant?: string | undefined;
  /** The configured stores are opened, too. */
  readonly stores?: true;
  /** And those that lie at these URLs and paths. */
  readonly addresses?: readonly string[];
  /** Opening must not contact any server. */
  readonly asksNothing?: true;
  /** Whose commands of the configuration are about to run. */
  readonly runs?: Runs;
}

/** The context of a running task. */
export interface Running<Question = never, News = never> extends TaskContext {
  /**
   * Plans and carries out another task as part of this one, under the same agreement. It has its own two events in the same
   * trail.
   * @param given the parameters that differ from their declared defaults
   */
  readonly part: <P extends Params, Plan, Result>(
    task: Task<P, Plan, Result>,
    given: Partial<ParamValues<P>>,
  ) => Promise<Result>;
  /** Carries out another task's plan that was made, shown and agreed to with this one's. It has its own events, too. */
  readonly planned: <P extends Params, Plan, Result>(
    task: Task<P, Plan, Result>,
    plan: Plan,
  ) => Promise<Done<Result>>;
  /** The id of the event that says that it began; absent: the trail has none. */
  readonly event?: string | undefined;
  /** Tells the trail what is already done for good, in case the work fails later. */
  readonly did: Did;
  readonly recordEnd: RecordEnd;
  /** Asks whether to go on when the work finds something that was not agreed to. */
  readonly ask: (question: Question) => Promise<Answer>;
  /** Tells what has just happened, or is about to, while the work goes on. */
  readonly tell: (news: News) => void;
}

/** Whether a person agrees to go on, or why not, for the trail. */
export type Answer = { readonly agrees: true } | Refusal;

/** Why a plan that was shown is not carried out, as the trail records it. */
export interface Refusal {
  readonly agrees: false;
  /** `refused`: nobody could be asked. `cancelled`: the answer was no, or the question was abandoned. */
  readonly outcome: "refused" | "cancelled";
  /** The question was answered with no. */
  readonly isNo?: true;
  readonly details?: NewEvent["details"];
}

/** The result, and what the trail records about it. */
export interface Done<Result> {
  readonly result: Result;
  readonly ending: Ending;
}

/** See {@link defineTask}. */
export interface Task<
  P extends Params = Params,
  Plan = unknown,
  Result = unknown,
  Question = never,
  News = never,
> {
  /** Its name in the trail, in permissions and in schedules. */
  readonly kind: string;
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  readonly params: P;
  /** Sets of parameters of which only one may be given. */
  readonly exclusive?: readonly (readonly string[])[];
  /**
   * Which parts of the stack to open; default all. `nothing`: the task reads only files, so the project needs no agreement.
   * Choose the least that its plan and its run ask: a server that is down then matters only to a task that needs it.
   */
  opens?(given: ParamValues<P>, config: Config): Wanted | "nothing";
  /**
   * Whether it deletes or overwrites. Then it starts only once the trail has recorded it, and touches only what the plan names.
   * Choose `true` where somebody could miss afterwards what was there before; a task that only adds (`export`) or looks is not.
   */
  readonly destructive: boolean;
  /**
   * `false`: it only reads, and the trail does not record it. `"end"`: it has a single event, its end, recorded with
   * {@link Running.recordEnd} before anything is done. Otherwise the trail records that it began and how it ended.
   */
  readonly recorded?: false | "end";
  /**
   * Makes the plan. It changes nothing that is kept; an export's asks the servers to flush what they hold in memory, without which
   * it could not see all that there is to save, unless the plan is only shown. A plan that holds something open is disposable; the caller disposes of it.
   * @throws UsageError; RefusedError, which is recorded if it has `recorded`
   */
  plan(params: ParamValues<P>, context: TaskContext): Promise<Plan>;
  /** What carrying out the plan would touch. Empty: there is nothing to do. */
  targets(plan: Plan): readonly Target[];
  /** What the trail records in advance, besides the targets. */
  details?(plan: Plan): NonNullable<NewEvent["details"]>;
  /** Carries out this exact plan. */
  run(plan: Plan, running: Running<Question, News>): Promise<Done<Result>>;
}

/** Declares a task: returns it unchanged, with its parameter types. */
export const defineTask = <const P extends Params, Plan, Result, Question = never, News = never>(
  task: Task<P, Plan, Result, Question, News>,
): Task<P, Plan, Result, Question, News> => task;

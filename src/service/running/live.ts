/** One run from its order to its end: what its process tells becomes its state, its history, and what watchers hear. */
import type { Actor } from "../../audit/format/event.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { markOf } from "../../units/process-mark.ts";
import { createFeed, type Feed } from "./feed.ts";
import type { RunNews } from "./history.ts";
import type { TaskEvent, TaskOrder } from "./protocol.ts";
import type { RunBrief, RunEnd, RunState } from "./run.ts";
import { startTask, type TaskProcess } from "./task-process.ts";

/** What a run tells the one who keeps it. */
interface Keeper {
  readonly env: Readonly<Record<string, string | undefined>>;
  onNews(news: RunNews): void;
  onLine(line: string): void;
  onState(): void;
}

/** A run that has not ended. */
export interface Live {
  readonly id: string;
  readonly order: TaskOrder;
  /** Its plan waits for somebody's agreement. */
  readonly asks: boolean;
  /** Only one of its kind may write at a time. */
  readonly writes: boolean;
  readonly state: RunState;
  readonly event: string | undefined;
  /** It waits in line no longer. */
  readonly isWithdrawn: boolean;
  /** Who has told it to end. */
  readonly endedBy: Actor | undefined;
  /** Of the plan that is shown, if it is shown whole. */
  readonly agreeable: string | undefined;
  readonly warnings: readonly string[];
  readonly feed: Feed;
  /** Starts its process. @returns what it told of its end, or how its process ended without a word */
  begin(): Promise<RunEnd | string>;
  agree(sha256: string, actor: Actor): void;
  decline(reason: string, actor: Actor): void;
  /** Tells it to end; the second time it is ended at once. */
  cancel(reason: string, actor: Actor): void;
  /** It never begins. */
  withdraw(): void;
  /** The trail has an event of it. */
  recorded(id: string): void;
  stop(reason: string): void;
  kill(): void;
}

/** What a run is made from. */
interface LiveOptions extends Pick<Live, "order" | "asks" | "writes"> {
  readonly run: RunBrief;
  /** Agrees to its own plan, which stands in the configuration. */
  readonly agrees: boolean;
  readonly keeper: Keeper;
}

/** More than anybody reads. */
const WARNINGS_MAX = 100;

/** A run that waits to begin. */
export function createLive({ run, order, asks, writes, agrees, keeper }: LiveOptions): Live {
  const feed = createFeed();
  const warnings: string[] = [];
  let state: RunState = run.state;
  let agreeable: string | undefined;
  let event: string | undefined;
  let endedBy: Actor | undefined;
  let isWithdrawn = false;
  let end: RunEnd | undefined;
  let child: TaskProcess | undefined;

  const become = (next: RunState, news: RunNews = {}): void => {
    state = next;
    keeper.onNews({ ...news, state });
    feed.tell({ event: "state", state });
    keeper.onState();
  };

  const hear = (told: TaskEvent): void => {
    switch (told.event) {
      case "plan":
        planned(told);
        break;
      case "begins":
        agreeable = undefined;
        become("running", { startedAt: Date.now() });
        break;
      case "recorded":
        recorded(told.id);
        break;
      case "ended":
        end = endIn(told);
        break;
      default:
        if (told.event === "warning" && warnings.length < WARNINGS_MAX) warnings.push(told.message);
        feed.tell(told);
    }
  };

  const recorded = (id: string): void => {
    if (event === undefined) keeper.onNews({ event: id });
    event ??= id;
  };

  const planned = ({ event: _, plan, ...told }: Extract<TaskEvent, { event: "plan" }>): void => {
    const shown = { ...told, ...given({ plan }) };
    feed.tell({ event: "plan", sha256: told.sha256, targetsTotal: told.targetsTotal });
    if (agrees) {
      keeper.onNews({ plan: shown });
      child?.tell({ agree: told.sha256, actor: order.actor });
      return;
    }
    agreeable = told.isWhole ? told.sha256 : undefined;
    become("awaiting", { plan: shown });
  };

  return {
    ...{ id: run.id, order, asks, writes, feed, warnings },
    get state() {
      return state;
    },
    get event() {
      return event;
    },
    get endedBy() {
      return endedBy;
    },
    get isWithdrawn() {
      return isWithdrawn;
    },
    get agreeable() {
      return agreeable;
    },
    async begin() {
      state = "planning";
      try {
        child = startTask(order, { env: keeper.env, onEvent: hear, onLine: keeper.onLine });
      } catch (error) {
        return {
          outcome: "failed",
          error: { message: `its process cannot be started: ${messageOf(error)}` },
        };
      }
      become("planning", given({ child: markText(child.pid) }));
      const how = await child.gone;
      return end ?? `its process ${how}`;
    },
    agree(sha256, actor) {
      agreeable = undefined;
      become("running");
      child?.tell({ agree: sha256, actor });
    },
    decline: (reason, actor) => child?.tell({ decline: reason, actor }),
    cancel(reason, actor) {
      if (endedBy !== undefined) child?.kill();
      else child?.tell({ cancel: reason });
      endedBy = actor;
    },
    withdraw() {
      isWithdrawn = true;
    },
    recorded,
    stop: (reason) => child?.tell({ stop: reason }),
    kill: () => child?.kill(),
  };
}

/** What tells a process from every other one, as JSON. */
export function markText(pid: number): string | undefined {
  const mark = markOf(pid);
  return mark && JSON.stringify(mark);
}

function endIn({ event: _, outcome, result, ...rest }: Extract<TaskEvent, { event: "ended" }>): RunEnd {
  return { outcome: outcome === "started" ? "interrupted" : outcome, ...given({ result }), ...rest };
}

/**
 * Runs tasks, each in a process of its own: HTTP never waits for one, its memory is its own, and a crash costs one task. Of the
 * kinds that write one runs at a time; the next one of that kind waits in line. Plans that wait for somebody keep nobody.
 */
import type { Database } from "bun:sqlite";
import type { Actor } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { DatabaseError } from "../database.ts";
import { alreadyEnded, type RunEvent } from "./feed.ts";
import { openHistory, type RunNews, type RunQuery } from "./history.ts";
import { createLive, type Live, markText } from "./live.ts";
import { keepRecovering, recoverRuns } from "./recover.ts";
import { type RunRequest, readRunRequest } from "./requested.ts";
import type { RunBrief, RunEnd, RunRecord } from "./run.ts";
import { RunError } from "./run-error.ts";
import { closeGone, endInTrail } from "./trail-end.ts";
import { createTurns } from "./turns.ts";
import { recordUnheard } from "./unheard.ts";
import { createWrites } from "./writes.ts";

/** What a launcher stands on. */
export interface LauncherOptions {
  /** Whose project it is; its warnings go to the log. */
  readonly caller: Caller;
  readonly config: Config;
  readonly database: Database;
  /** What a task's process says on stderr, and what else the log should have. */
  onLine(line: string, run: Pick<RunBrief, "id" | "kind">): void;
  /** Something has ended, however. */
  onEnded?(run: RunBrief, end: RunEnd): void;
  /** How long a plan waits for agreement, ms. Default {@link PATIENCE_MS}. */
  readonly patienceMs?: number;
}

/** See {@link createLauncher}. */
export interface Launcher {
  /** @throws UsageError for a task or parameters that are not offered; RunError when too much goes on; DatabaseError */
  start(request: RunRequest): Promise<RunBrief>;
  /** Agrees to the plan with this hash. @throws RunError */
  agree(id: string, sha256: string, actor: Actor): void;
  /** Ends a run, whatever it is at; a plan that waits is declined. The second time it is ended at once. @throws RunError */
  cancel(id: string, actor: Actor): Promise<void>;
  /** What it tells, from how things stand to its end. @throws RunError */
  watch(id: string, signal: AbortSignal): AsyncIterable<RunEvent>;
  /** Resolves at its end. @throws RunError */
  ended(id: string): Promise<RunRecord>;
  get(id: string): RunRecord | undefined;
  list(query: RunQuery): readonly RunBrief[];
  /** How many run, and how many wait in line. */
  counts(): { readonly running: number; readonly waiting: number };
  /** Why the newest state of a run is not in the database; `undefined`: it is. */
  readonly failure: string | undefined;
  /**
   * Closes what a service that is gone left behind, and kills processes of it that do not end in time.
   * @returns the runs that were interrupted, oldest first
   */
  recover(graceMs?: number): Promise<readonly RunBrief[]>;
  /** Begins nothing any more, tells all runs to end, and kills those that have not after this long. ms */
  stop(graceMs: number): Promise<void>;
}

/** DESIGN: a plan is valid for ten minutes. */
const PATIENCE_MS = 600_000;
const HEARTBEAT_MS = 30_000;

interface Entry {
  readonly run: RunBrief;
  readonly live: Live;
  readonly done: PromiseWithResolvers<RunRecord>;
}

/** Runs the tasks of one project, one launcher a service. */
export function createLauncher({ caller, config, database, ...options }: LauncherOptions): Launcher {
  const history = openHistory(database, markText(process.pid) ?? "null");
  const entries = new Map<string, Entry>();
  /** Watchers that are just hearing of an end. */
  const leaving = new Set<Promise<void>>();
  const writes = createWrites();
  const turns = createTurns(() => [...entries.values()].map(({ live }) => live));
  let isStopping = false;
  /** Why the newest run could not be written down. */
  let notAdded: string | undefined;

  const beat = setInterval(() => {
    writes.again();
    if (entries.size > 0) writes.write("beat", () => history.beat(Date.now()));
  }, HEARTBEAT_MS);
  beat.unref();
  const stopRecovering = keepRecovering({ caller, config, history });

  const pump = (): void => {
    for (const entry of entries.values()) if (!isStopping && turns.mayBegin(entry.live)) void begin(entry);
  };

  async function begin({ run, live }: Entry): Promise<void> {
    const told = await live.begin();
    const isGone = typeof told === "string";
    const end = isGone ? await endWithoutWord(live, told) : told;
    await heard({ run, live }, end, isGone);
    settle(run.id, end);
  }

  /**
   * Somebody wanted every run: that one ended is in the trail before anybody hears of it.
   * @param isGone its process may have recorded something that it could not tell
   */
  async function heard({ run, live }: Omit<Entry, "done">, end: RunEnd, isGone = false): Promise<void> {
    const actor = live.endedBy ?? run.actor;
    const told = { ...run, ...given({ event: live.event }) };
    const id = await recordUnheard(told, end, { actor, isGone, caller, config });
    if (id !== undefined) live.recorded(id);
  }

  /** Takes one out of the line. */
  async function withdraw(entry: Entry, reason: string): Promise<void> {
    if (entry.live.isWithdrawn) return;
    const end: RunEnd = { outcome: "cancelled", error: { message: reason } };
    entry.live.withdraw();
    await heard(entry, end);
    settle(entry.run.id, end);
  }

  async function endWithoutWord(live: Live, message: string): Promise<RunEnd> {
    await closeGone(caller, config);
    const run = { kind: live.order.kind, event: live.event };
    return { outcome: (await endInTrail(run, caller, config)) ?? "interrupted", error: { message } };
  }

  const settle = (id: string, end: RunEnd): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    const { run, live, done } = entry;
    const at = Date.now();
    writes.write(id, () => history.end(id, end, live.warnings, at));
    entries.delete(id);
    const { outcome, error } = end;
    const heard = live.feed.end({ event: "ended", outcome, ...given({ error }) });
    leaving.add(heard);
    void heard.then(() => leaving.delete(heard));
    const last: RunBrief = {
      ...run,
      state: "ended",
      endedAt: at,
      outcome,
      ...given({ event: live.event, error }),
    };
    done.resolve(known(id) ?? { ...last, end, warnings: live.warnings });
    writes.write("trim", () => history.trim(at));
    options.onEnded?.(last, end);
    pump();
  };

  const known = (id: string): RunRecord | undefined => {
    try {
      return writes.failure === undefined ? history.get(id) : undefined;
    } catch {
      return undefined; // that the database cannot be used is told where it is written to
    }
  };

  const added = (run: RunBrief): void => {
    try {
      history.add(run);
      notAdded = undefined;
    } catch (error) {
      notAdded = messageOf(error);
      const what = `the task was not begun, since it cannot be written down: ${notAdded}`;
      throw new DatabaseError(what, "see whether the disk is full", error);
    }
  };

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id);
    if (entry !== undefined) return entry;
    const run = history.get(id);
    if (run === undefined) throw new RunError("unknown", `there is no task ${JSON.stringify(id)}`);
    throw new RunError("conflict", `it has ended: ${run.outcome}`);
  };

  async function start(request: RunRequest): Promise<RunBrief> {
    const requested = await readRunRequest(request, caller, options.patienceMs ?? PATIENCE_MS);
    const { run } = requested;
    if (isStopping) throw new RunError("busy", "the service is stopping, and begins nothing any more");
    turns.requireRoom(requested.asks);
    added(run);
    const keeper = {
      env: caller.env,
      onNews: (news: RunNews) =>
        writes.write(`${run.id} ${Object.keys(news)}`, () => history.update(run.id, news)),
      onLine: (line: string) => options.onLine(line, run),
      onState: () => queueMicrotask(pump),
    };
    const live = createLive({ ...requested, keeper });
    entries.set(run.id, { run, live, done: Promise.withResolvers() });
    pump();
    return { ...run, state: live.state };
  }

  const killAll = (): void => {
    for (const { live } of entries.values()) live.kill();
  };

  return {
    start,
    agree(id, sha256, actor) {
      const { live } = entryOf(id);
      if (live.state !== "awaiting")
        throw new RunError("conflict", `it waits for no agreement: it is ${live.state}`);
      if (live.agreeable === undefined)
        throw new RunError("conflict", "its plan is too large to be shown", "run it on the command line");
      if (live.agreeable !== sha256)
        throw new RunError("conflict", "this is not its plan", "look at its plan, and agree to that hash");
      const other = turns.inTheWay(live);
      if (other !== undefined)
        throw new RunError(
          "conflict",
          `another ${live.order.kind} runs: ${other.id}`,
          "agree once it has ended",
        );
      live.agree(sha256, actor);
    },
    async cancel(id, actor) {
      const entry = entryOf(id);
      const reason = `cancelled by ${actor.user}`;
      if (entry.live.state === "awaiting") return entry.live.decline(reason, actor);
      entry.live.cancel(reason, actor);
      if (entry.live.state === "queued") await withdraw(entry, reason);
    },
    watch(id, signal) {
      const entry = entries.get(id);
      if (entry !== undefined) return entry.live.feed.watch(signal);
      const run = history.get(id);
      if (run?.outcome === undefined) throw new RunError("unknown", `there is no task ${JSON.stringify(id)}`);
      return alreadyEnded(run.outcome, run.error);
    },
    async ended(id) {
      const entry = entries.get(id);
      if (entry !== undefined) return entry.done.promise;
      const run = history.get(id);
      if (run === undefined) throw new RunError("unknown", `there is no task ${JSON.stringify(id)}`);
      return run;
    },
    get: history.get,
    list: history.list,
    counts: () => ({
      running: turns.count("planning", "awaiting", "running"),
      waiting: turns.count("queued"),
    }),
    get failure() {
      return writes.failure ?? notAdded;
    },
    recover: (graceMs) => recoverRuns({ caller, config, history }, graceMs),
    async stop(graceMs) {
      isStopping = true;
      clearInterval(beat);
      stopRecovering();
      const all = [...entries.values()];
      for (const entry of all) {
        if (entry.live.state === "queued") void withdraw(entry, STOPPED_BEFORE);
        else entry.live.stop("the service was stopped");
      }
      const late = setTimeout(killAll, graceMs);
      await Promise.all(all.map(({ done }) => done.promise));
      clearTimeout(late);
      await Promise.all(leaving);
    },
  };
}

const STOPPED_BEFORE = "the service was stopped before it began";

/** What a service that is gone left behind: its runs are closed, once their processes have ended. */
import { hostname } from "node:os";
import type { Config } from "../../config/config.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { stateOf, toProcessMark } from "../../units/process-mark.ts";
import { sleep } from "../../units/sleep.ts";
import type { History } from "./history.ts";
import type { RunBrief, RunEnd } from "./run.ts";
import { closeGone, endInTrail } from "./trail-end.ts";
import { recordUnheard } from "./unheard.ts";

/** A process whose service is gone ends by itself, as soon as it has left what it was at as it should be. ms */
const GRACE_MS = 10_000;
const LOOK_MS = 25;

interface Left {
  readonly caller: Caller;
  readonly config: Config;
  readonly history: History;
}

/** @returns the runs that were interrupted, oldest first */
export async function recoverRuns(
  { caller, config, history }: Left,
  graceMs = GRACE_MS,
): Promise<readonly RunBrief[]> {
  const left = leftIn(history, config);
  const graceEnd = Date.now() + graceMs;
  for (const run of left) if (run.host === hostname()) await ended(run.child, graceEnd, caller.signal);
  await closeGone(caller, config);
  const interrupted: RunBrief[] = [];
  for (const run of left) {
    const end = await endOf(run, caller, config);
    const event = await recordUnheard(run, end, {
      ...{ actor: run.actor, isGone: run.state !== "queued" },
      ...{ caller, config },
    });
    history.update(run.id, given({ event }));
    history.end(run.id, end, [], Date.now());
    if (end.outcome === "interrupted") interrupted.push(run);
  }
  return interrupted;
}

/** How often it is looked whether somebody else has died, or has been silent for too long. ms */
const AGAIN_MS = 60_000;

/** Looks for such runs from time to time, until the result is called. */
export function keepRecovering(left: Left): () => void {
  let isBusy = false;
  const look = async (): Promise<void> => {
    if (isBusy || leftIn(left.history, left.config).length === 0) return;
    isBusy = true;
    try {
      await recoverRuns(left);
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => {
    look().catch((error) => left.caller.warn(`what others left cannot be closed: ${messageOf(error)}`));
  }, AGAIN_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** What another process of this program has started is that one's, as long as it is there. */
function leftIn(history: History, { audit }: Config): ReturnType<History["open"]> {
  const now = Date.now();
  return history.open().filter((run) => {
    const owner = toProcessMark(run.owner);
    const state = run.host === hostname() && owner !== undefined ? stateOf(owner) : "unknown";
    return state === "unknown" ? now - run.heartbeatAt > audit.staleAfter * 60_000 : state === "gone";
  });
}

/** Waits until the process is gone; in the end it is killed. */
async function ended(child: unknown, graceEnd: number, signal: AbortSignal): Promise<void> {
  const mark = toProcessMark(child);
  if (mark === undefined) return;
  for (let isKilled = false; stateOf(mark) === "running"; await sleep(LOOK_MS, signal)) {
    if (isKilled || Date.now() < graceEnd) continue;
    isKilled = true;
    process.kill(mark.pid, "SIGKILL");
  }
}

async function endOf(run: RunBrief, caller: Caller, config: Config): Promise<RunEnd> {
  if (run.state === "queued" || run.state === "awaiting")
    return { outcome: "cancelled", error: { message: "the service ended before it began" } };
  const outcome = (await endInTrail(run, caller, config)) ?? "interrupted";
  return outcome === "success"
    ? { outcome }
    : { outcome, error: { message: "the service ended while it ran" } };
}

/** Runs that the trail has heard nothing of, since they ended too early: that somebody wanted them, and how they ended, is an event too. */
import type { Actor, Trail } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { type Caller, openStackTrail } from "../../tasks/stack/stack.ts";
import { messageOf } from "../../units/message-of.ts";
import { offeredTask } from "../offered.ts";
import type { RunBrief, RunEnd } from "./run.ts";

/** How many of its kind may have been recorded since. */
const LOOK_BACK = 500;

/** What failed while it planned has changed nothing, and nobody has stopped it. */
const STOPPED: ReadonlySet<RunEnd["outcome"]> = new Set(["cancelled", "interrupted", "refused"]);

interface Circumstances {
  /** Who ended it. */
  readonly actor: Actor;
  /** Its process is gone, and may have recorded something that it could not tell. */
  readonly isGone: boolean;
  readonly caller: Caller;
  readonly config: Config;
}

/**
 * Records the end of a run whose end is not in the trail, unless its kind is never recorded. That this fails is a warning.
 * @returns the id of the event
 */
export async function recordUnheard(
  run: RunBrief,
  { outcome, error }: RunEnd,
  { actor, isGone, caller, config }: Circumstances,
): Promise<string | undefined> {
  const isHeardOf = run.event !== undefined || !STOPPED.has(outcome);
  if (isHeardOf || (await offeredTask(run.kind))?.task.recorded === false) return undefined;
  try {
    await using trail = openStackTrail({ ...caller, actor }, config);
    if (isGone && (await isHeard(run, trail))) return undefined;
    const details = { task: run.id, error: error?.message ?? "it was stopped" };
    const { id } = await trail.append({ operation: run.kind, outcome, details });
    return id;
  } catch (thrown) {
    caller.warn(`the end of ${run.kind} was not recorded: ${messageOf(thrown)}`);
    return undefined;
  }
}

/** Whether the run itself has left something there. */
async function isHeard({ kind, actor, createdAt }: RunBrief, trail: Trail): Promise<boolean> {
  const events = await trail.newest({ limit: LOOK_BACK, operation: kind, user: actor.user, from: createdAt });
  return events.some(({ via, request }) => via === actor.via && request === actor.request);
}

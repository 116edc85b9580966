/** What the trail says of a run whose process is gone. */
import type { Config } from "../../config/config.ts";
import { type Caller, openStackTrail } from "../../tasks/stack/stack.ts";
import { messageOf } from "../../units/message-of.ts";
import type { RunBrief, RunEnd } from "./run.ts";

/** How many of its kind may have been recorded since. */
const LOOK_BACK = 500;

/** Closes in the trail whatever is gone. What that left behind is told as a warning; so is a trail that cannot be read. */
export async function closeGone(caller: Caller, config: Config): Promise<void> {
  try {
    await using trail = openStackTrail(caller, config);
    await trail.recover();
  } catch (error) {
    caller.warn(`the audit trail cannot be read: ${messageOf(error)}`);
  }
}

/** How a run ended by the trail; `undefined`: it has no end there. */
export async function endInTrail(
  { kind, event }: Pick<RunBrief, "kind" | "event">,
  caller: Caller,
  config: Config,
): Promise<RunEnd["outcome"] | undefined> {
  if (event === undefined) return undefined;
  try {
    await using trail = openStackTrail(caller, config);
    const events = await trail.newest({ limit: LOOK_BACK, operation: kind });
    const end = events.findLast(({ id, ref }) => ref === event || id === event);
    return end === undefined || end.outcome === "started" ? undefined : end.outcome;
  } catch (error) {
    caller.warn(`the audit trail cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

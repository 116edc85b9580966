/** Changes to what is trusted: each is an event before it is done, and one more when it could not be done. */
import type { NewEvent } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { dropOldCopies } from "../../host/trust/copies.ts";
import { readLock } from "../../host/trust/lock.ts";
import { messageOf } from "../../terminal/show-error.ts";
import type { Call } from "../command.ts";
import { openStackTrail } from "../stack.ts";

/** Does it once the event is durable. @throws TrailError when it cannot be recorded: nothing is done then */
export async function recorded(
  call: Call,
  config: Config,
  details: NonNullable<NewEvent["details"]>,
  change: () => void | Promise<void>,
): Promise<void> {
  await using trail = openStackTrail(call, config);
  const { id: ref } = await trail.append({ operation: "plugin_trust", outcome: "success", details });
  try {
    await change();
  } catch (error) {
    const failed = { ...details, error: messageOf(error) };
    await trail.append({ operation: "plugin_trust", outcome: "failed", ref, details: failed });
    throw error;
  }
}

/** Removes the copies of files that nothing is trusted with any more. The change is done by then: a failure is a warning. */
export function tidyCopies({ terminal }: Call, { directory }: Config): void {
  try {
    dropOldCopies(directory, readLock(directory));
  } catch (error) {
    terminal.warn(`copies of files that are no longer trusted stay: ${messageOf(error)}`);
  }
}

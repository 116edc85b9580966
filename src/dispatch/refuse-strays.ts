/** Reports to the user and the trail that a plugin tried to load files outside the trusted ones and was refused. */

import { callerOf, configOf } from "../commands/caller.ts";
import type { Call } from "../commands/command.ts";
import { STRAY_HINT, type StrayModule, strayText } from "../host/trust/stray-modules.ts";
import { openStackTrail } from "../tasks/stack/stack.ts";
import { RefusedError } from "../tasks/task/errors.ts";
import { summaryOf } from "../terminal/show-error.ts";

/**
 * Records an event `plugin_trust refused` for each.
 * @param error what ended the command, if anything; it is reported too
 * @throws RefusedError always
 */
export async function refuseStrays(
  call: Call,
  strays: readonly [StrayModule, ...StrayModule[]],
  error: unknown,
): Promise<never> {
  const config = await configOf(call);
  await using trail = openStackTrail(callerOf(call), config);
  for (const stray of strays) {
    const { plugin = "unknown", path } = stray;
    const details = { source: plugin, reason: strayText(stray), changed: [path] };
    await trail.append({ operation: "plugin_trust", outcome: "refused", details });
  }
  if (error !== undefined) call.terminal.warn(summaryOf(error));
  throw new RefusedError(strayText(strays[0]), STRAY_HINT);
}

/** Removes old events of the trail by itself, where `audit.cleanup` says so: when the service starts, and then so often. */
import { ownIdentity } from "../../audit/journal/identity.ts";
import type { Config } from "../../config/config.ts";
import { auditPrune } from "../../tasks/audit-prune.ts";
import { messageOf } from "../../units/message-of.ts";
import { requireMayRun } from "../permissions.ts";
import type { Launcher } from "../running/launcher.ts";
import { CLEANUP } from "../running/requested.ts";

const HOUR_MS = 3_600_000;

/** How often it is looked whether the next one is due: timers do not last for months, and clocks are set. ms */
const LOOK_MS = 60_000;

/**
 * Begins at once, and nobody waits for it. What fails is told, and tried again when the next one is due.
 * @param warn hears why one did not begin
 */
export function keepClean(
  config: Config,
  launcher: Pick<Launcher, "start">,
  warn: (message: string) => void,
): Disposable {
  const { cleanup, cleanupInterval } = config.audit;
  if (!cleanup) return { [Symbol.dispose]: () => undefined };
  let last = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    const now = Date.now();
    // A clock that was set back must not put it off.
    if (now >= last && now - last < cleanupInterval * HOUR_MS) return;
    last = now;
    try {
      requireMayRun(config, auditPrune, { via: "schedule" });
      const actor = { user: ownIdentity().user, via: "schedule" } as const;
      await launcher.start({ kind: auditPrune.kind, actor, schedule: CLEANUP });
    } catch (error) {
      warn(`old events of the trail were not removed: ${messageOf(error)}`);
    }
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

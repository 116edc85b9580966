/** How long Loki takes until what it was asked to delete is gone from its storage. */
import { formatDuration, NS_PER_SECOND, toRfc3339 } from "contextcore";
import type { Settings } from "../server/settings.ts";

const MINUTE = 60n * NS_PER_SECOND;
const HOUR = 60n * MINUTE;

/** What is said of a request that waits. */
interface Waiting {
  readonly reason: string;
  /** ns */
  readonly due: bigint;
}

/**
 * A request may be cancelled for a while and is not carried out; then the compactor has to run, and to remove the chunks that it has
 * written anew (pkg/compactor/compactor.go). Loki's defaults where it does not show its configuration.
 * @param created when Loki was asked, ns
 */
export function waitFor(settings: Settings, created: bigint): Waiting {
  const cancel = settings.duration("compactor.delete_request_cancel_period") ?? 24n * HOUR;
  const interval = settings.duration("compactor.compaction_interval") ?? 10n * MINUTE;
  const runs = settings.limit("compactor.apply_retention_interval") ?? interval;
  const delay = settings.duration("compactor.retention_delete_delay") ?? 2n * HOUR;
  const due = created + cancel + runs + delay;
  const reason = `Loki hides it, and deletes it once its cancel period (compactor.delete_request_cancel_period, ${formatDuration(cancel)}) is over and its compactor has written the chunks anew, about ${toRfc3339(due)}.`;
  return { reason, due };
}

/** How long Loki takes until what it was asked to delete is gone from its storage. */
import { NS_PER_SECOND } from "contextcore";
import type { Settings } from "../server/settings.ts";

const MINUTE = 60n * NS_PER_SECOND;
const HOUR = 60n * MINUTE;

/** What a deletion waits for, ns. Loki's defaults where it does not show its configuration. */
interface DeleteTimes {
  /** A request may be cancelled for so long, and is not carried out. */
  readonly cancel: bigint;
  /** After that: until the compactor runs, and the chunks that it has replaced are removed. */
  readonly rewritten: bigint;
}

/** Source: pkg/compactor/compactor.go */
export function timesOf(settings: Settings): DeleteTimes {
  const cancel = settings.duration("compactor.delete_request_cancel_period") ?? 24n * HOUR;
  const interval = settings.duration("compactor.compaction_interval") ?? 10n * MINUTE;
  const runs = settings.limit("compactor.apply_retention_interval") ?? interval;
  const delay = settings.duration("compactor.retention_delete_delay") ?? 2n * HOUR;
  return { cancel, rewritten: runs + delay };
}

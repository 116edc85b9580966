import type { AuditRecord } from "../../contract/contract.ts";
import { eventOf } from "../format/chain.ts";
import { trailLinesBackward } from "../journal/segments.ts";

/** At most this many events wait for a sink. Older ones are dropped, counted and recorded. */
const OUTBOX_MAX = 10_000;

/** Events that a sink has not received yet. */
interface PendingRecords {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** How many older ones did not fit. */
  readonly dropped: number;
}

/**
 * Events waiting for a sink that has everything up to `after`. The trail itself is the outbox.
 * @throws TrailError when the trail cannot be read
 */
export function pendingAfter(file: string, after: number, max = OUTBOX_MAX): PendingRecords {
  const records: AuditRecord[] = [];
  for (const { text } of trailLinesBackward(file)) {
    const record = toRecord(text);
    if (record === undefined) continue;
    if (record.seq <= after) break;
    if (records.length === max) return { records: records.reverse(), dropped: record.seq - after };
    records.push(record);
  }
  return { records: records.reverse(), dropped: 0 };
}

/** A line that cannot be read is useless to a sink. */
function toRecord(line: string): AuditRecord | undefined {
  const event = eventOf(line);
  if (event === undefined) return undefined;
  const { id, seq, timestamp, operation, outcome, user, host, project } = event;
  return { id, seq, timestamp, operation, outcome, user, host, project, line };
}

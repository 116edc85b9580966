import type { AuditRecord } from "../../contract/contract.ts";
import { eventOf } from "../format/chain.ts";
import { trailLinesBackward } from "../journal/segments.ts";

/** How many events wait for a sink at most: older ones are given up, counted and recorded. */
const OUTBOX_MAX = 10_000;

/** What a sink has not got yet. */
export interface PendingRecords {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** How many older ones no longer fit. */
  readonly dropped: number;
}

/**
 * What waits for a sink that has everything up to `after`. The trail itself is the outbox.
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

/** No sink could use a line that cannot be read. */
function toRecord(line: string): AuditRecord | undefined {
  const event = eventOf(line);
  if (event === undefined) return undefined;
  const { id, seq, timestamp, operation, outcome, user, host, project } = event;
  return { id, seq, timestamp, operation, outcome, user, host, project, line };
}

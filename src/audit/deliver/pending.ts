import type { AuditRecord } from "../../contract/contract.ts";
import { parseLine } from "../format/chain.ts";
import { trailLinesBackward } from "../journal/segments.ts";

/** How many events wait for a sink at most: older ones are given up, counted and recorded. */
export const OUTBOX_MAX = 10_000;

/** What a sink has not got yet. */
export interface Pending {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** How many older ones no longer fit. */
  readonly dropped: number;
}

/**
 * What waits for a sink that has everything up to `after`. The trail itself is the outbox.
 * @throws TrailError when the trail cannot be read
 */
export function pendingAfter(file: string, after: number, max = OUTBOX_MAX): Pending {
  const records: AuditRecord[] = [];
  for (const line of trailLinesBackward(file)) {
    const record = toRecord(line);
    if (record === undefined) continue;
    if (record.seq <= after) break;
    if (records.length === max) return { records: records.reverse(), dropped: record.seq - after };
    records.push(record);
  }
  return { records: records.reverse(), dropped: 0 };
}

/** A line that cannot be read is `audit verify`'s to report; no sink could use it. */
function toRecord(line: string): AuditRecord | undefined {
  try {
    const { id, seq, timestamp, operation, outcome, user, host, project } = parseLine(line);
    return { id, seq, timestamp, operation, outcome, user, host, project, line };
  } catch {
    return undefined;
  }
}

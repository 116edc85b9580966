import type { Json } from "../../contract/contract.ts";

/** How an operation stands, or ended. */
export const OUTCOMES = [
  "started",
  "success",
  "partial",
  "failed",
  "cancelled",
  "refused",
  "interrupted",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One line of the trail. Field order is the order in the file. */
export interface AuditEvent {
  /** UUIDv7. */
  readonly id: string;
  readonly seq: number;
  /** ISO 8601, UTC, ms. */
  readonly timestamp: string;
  readonly operation: string;
  readonly outcome: Outcome;
  readonly user: string;
  readonly host: string;
  readonly project: string;
  readonly details: { readonly [key: string]: Json | undefined };
  readonly data_affected: readonly string[];
  readonly export_path?: string;
  /** The id of the `started` event that this one ends. */
  readonly ref?: string;
  readonly prev_hash: string;
  readonly hash: string;
}

/** What a command says of itself; the trail adds the rest. */
export interface NewEvent {
  readonly operation: string;
  readonly outcome: Outcome;
  readonly details?: { readonly [key: string]: Json | undefined };
  readonly dataAffected?: readonly string[];
  readonly exportPath?: string;
  readonly ref?: string;
}

/** How an operation ended: what `Trail.record` appends after the work. */
export interface Ending {
  readonly outcome: Exclude<Outcome, "started">;
  readonly details?: { readonly [key: string]: Json | undefined };
  readonly dataAffected?: readonly string[];
  readonly exportPath?: string;
}

/** The hash-chained audit log of one project (DESIGN: `.contextcore/audit.jsonl`). */
export interface Trail {
  /** Appends durably (fsync) and hands the event to the sinks. @throws TrailError when it cannot be made durable. */
  append(event: NewEvent): Promise<AuditEvent>;
  /**
   * Records `started`, runs the work, records how it ended, whatever happens. Work that fails after it has told what it
   * did ends as `partial`, with that: it is neither undone nor nothing.
   * With `destructive`, work does not begin unless `started` is durable (TrailError, exit code 4); otherwise a failure to
   * record is a warning.
   */
  record<Result>(
    operation: TrailOperation,
    work: (did: Did, recordEnd: RecordEnd) => Promise<{ result: Result; ending: Ending }>,
  ): Promise<Result>;
  /** The newest `limit` events that fit, oldest first. Reads from the end of the file, and writes nothing. @throws TrailError */
  newest(query: AuditQuery): Promise<readonly AuditEvent[]>;
  /** Operations that began and whose process is gone, oldest first; nothing is written. @throws TrailError */
  abandoned(): readonly AuditEvent[];
  /** Closes those, if there are any, and warns of each: what was left, and which command goes on. @throws TrailError */
  recover(): Promise<void>;
  /** Waits for the sinks, each within its time limit; then releases everything. What fails is a warning: all is recorded. */
  close(): Promise<void>;
}

/** Tells what has been done by now and stays; later calls add to it. `undefined`: nothing has been done after all. */
export type Did = (details: NewEvent["details"] | undefined) => void;

/**
 * Records how the operation ends before the last of it is done, for what must not be without its event. Should the rest fail,
 * one more event says so. @throws TrailError when it is not durable: then the rest must not be done
 */
export type RecordEnd = (ending: Ending) => Promise<void>;

/** What is going to be done. */
export interface TrailOperation {
  readonly operation: string;
  readonly destructive: boolean;
  /** It has no `started`: its end is recorded before it is done, and of what fails before that nothing is said. */
  readonly isBrief?: boolean | undefined;
  readonly details?: NewEvent["details"];
  readonly dataAffected?: readonly string[];
  /** Once aborted, work that fails counts as cancelled. */
  readonly signal?: AbortSignal;
}

/** Every member that is given must fit. */
export interface AuditQuery {
  readonly limit: number;
  readonly operation?: string;
  readonly outcome?: Outcome;
  readonly user?: string;
  readonly host?: string;
  /** Part of one of the `data_affected` entries. */
  readonly affected?: string;
  /** Part of the line, whatever the case. */
  readonly grep?: string;
  /** Half-open `[from, to)`, ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
}

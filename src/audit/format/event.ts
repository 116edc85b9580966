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
/** One of {@link OUTCOMES}. */
export type Outcome = (typeof OUTCOMES)[number];

/** The ways a task is started. An event that names none came from the command line. */
export const VIAS = ["cli", "api", "schedule"] as const;
/** One of {@link VIAS}. */
export type Via = (typeof VIAS)[number];

/** Who started a task that was not started from the command line. */
export interface Actor {
  /** The name of a token; of a schedule, whose it is: the user that the service runs as. */
  readonly user: string;
  readonly via: Via;
  /** The id of the HTTP request; of a schedule's run, its own. */
  readonly request?: string | undefined;
}

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
  /** One of {@link VIAS}, or what another version knows; absent: `cli`. */
  readonly via?: string;
  /** The id of the HTTP request that asked for it; of a schedule's run, its own. */
  readonly request?: string;
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

/** The part of an event that a command supplies; the trail adds the rest. */
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
   * Records `started`, runs the work, and records how it ended, whatever happens. Work that fails after it reported what it
   * has done ends as `partial` with those details, because part of it is done and stays done.
   * If `destructive`, the work does not begin unless `started` is durable (TrailError, exit code 4); otherwise a failure to
   * record is a warning.
   */
  record<Result>(
    operation: TrailOperation,
    work: (did: Did, recordEnd: RecordEnd, event?: string) => Promise<{ result: Result; ending: Ending }>,
  ): Promise<Result>;
  /** The newest `limit` matching events, oldest first. Reads from the end of the file, and writes nothing. @throws TrailError */
  newest(query: AuditQuery): Promise<readonly AuditEvent[]>;
  /** Operations that began and whose process is gone, oldest first; nothing is written. @throws TrailError */
  abandoned(): readonly AuditEvent[];
  /** Records the end of each of those, and warns what it left behind and which command continues it. @throws TrailError */
  recover(): Promise<void>;
  /** Waits for the sinks, each within its time limit, then releases everything. A failure is only a warning, since all is recorded. */
  close(): Promise<void>;
}

/** Reports what has been done so far and stays done; later calls add to it. `undefined` means that nothing was done after all. */
export type Did = (details: NewEvent["details"] | undefined) => void;

/**
 * Records the end before the last part of the work, for work that must not happen without its event. If the rest then
 * fails, another event says so. @throws TrailError when it is not durable: the rest must then not be done
 */
export type RecordEnd = (ending: Ending) => Promise<void>;

/** What is going to be done. */
export interface TrailOperation {
  readonly operation: string;
  readonly destructive: boolean;
  /** It has no `started` event: its end is recorded before it is done, and a failure before that is not recorded. */
  readonly isBrief?: boolean | undefined;
  readonly details?: NewEvent["details"];
  readonly dataAffected?: readonly string[];
  /** Once aborted, work that fails counts as cancelled. */
  readonly signal?: AbortSignal;
}

/** Which events are wanted: every given member must match. */
export interface AuditQuery {
  readonly limit: number;
  readonly operation?: string;
  readonly outcome?: Outcome;
  readonly user?: string;
  readonly via?: Via;
  readonly host?: string;
  /** The kind of what `data_affected` names: see `target-types.ts`. */
  readonly targetType?: string;
  /** Part of one of the `data_affected` entries. */
  readonly affected?: string;
  /** Part of the line; upper and lower case are the same. */
  readonly grep?: string;
  /** Half-open `[from, to)`, ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
  /** Events before the one of this number. */
  readonly before?: number;
}

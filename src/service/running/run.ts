/** A run of a task, as the service knows it. */
import type { Actor, Outcome } from "../../audit/format/event.ts";

/** How far a run is. `awaiting`: somebody has to agree to its plan. */
export const RUN_STATES = ["queued", "planning", "awaiting", "running", "ended"] as const;
/** One of {@link RUN_STATES}. */
export type RunState = (typeof RUN_STATES)[number];

/** What is said about an error. */
interface RunFailure {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What a run would do. */
export interface ShownPlan {
  /** What an agreement names. */
  readonly sha256: string;
  readonly targets: readonly { readonly kind: string; readonly name: string; readonly identity: string }[];
  readonly targetsTotal: number;
  /** As the command line prints it with `--json`. */
  readonly plan?: unknown;
  /** False: it is too large to be shown, and only a schedule can agree to it. */
  readonly isWhole: boolean;
}

/** How a run ended. */
export interface RunEnd {
  readonly outcome: Exclude<Outcome, "started">;
  /** As the command line prints it with `--json`. */
  readonly result?: unknown;
  /** Of a result that was too large to be kept. */
  readonly resultBytes?: number | undefined;
  readonly error?: RunFailure | undefined;
  /** What is true now, where an error ended the work. */
  readonly truth?: string | undefined;
}

/** A run without its plan and its result, which may be large. Times are ms since 1970. */
export interface RunBrief {
  /** UUIDv7. */
  readonly id: string;
  readonly kind: string;
  readonly state: RunState;
  /** As they were given, without secrets. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  /** Whose run it is. */
  readonly schedule?: string | undefined;
  /** The interrupted run that this one finishes. */
  readonly continues?: string | undefined;
  readonly host: string;
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly heartbeatAt: number;
  readonly endedAt?: number | undefined;
  /** The id of its newest event in the trail. */
  readonly event?: string | undefined;
  readonly outcome?: RunEnd["outcome"] | undefined;
  readonly error?: RunFailure | undefined;
}

/** A run with everything that is known of it. */
export interface RunRecord extends RunBrief {
  readonly plan?: ShownPlan | undefined;
  readonly end?: RunEnd | undefined;
  readonly warnings: readonly string[];
}

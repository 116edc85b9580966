import type { TempoKnobs } from "./knobs.ts";
import type { StoredTrace, TraceStore } from "./store.ts";

/** What one push brought of a trace. */
export interface Piece {
  /** ns */
  readonly came: bigint;
  readonly trace: StoredTrace;
}

/** What the parts of the lab's Tempo share. */
export interface TempoState {
  readonly now: () => bigint;
  readonly knobs: TempoKnobs;
  readonly store: TraceStore;
  /** Traces that a search with a range does not find: they came too late for their times. */
  readonly unsearchable: Set<string>;
  /** What came of each trace, push by push; what was put in otherwise is not here. */
  readonly pieces: Map<string, Piece[]>;
  /** When each live trace got its last span, ns. */
  readonly live: Map<string, bigint>;
}

import type { TempoKnobs } from "./knobs.ts";
import type { TraceStore } from "./store.ts";

/** What the parts of the lab's Tempo share. */
export interface TempoState {
  readonly now: () => bigint;
  readonly knobs: TempoKnobs;
  readonly store: TraceStore;
  /** Traces that a search with a range does not find: they came too late for their times. */
  readonly unsearchable: Set<string>;
  /** When the last spans of each pushed trace came, ns; what was put in otherwise is not here. */
  readonly arrived: Map<string, bigint>;
  /** When each live trace got its last span, ns. */
  readonly live: Map<string, bigint>;
}

/** Where a pushed trace lies by and by: live, in the live store, in a block that is listed; and what the server says of it. */
import type { Piece, TempoState } from "./state.ts";

/** Whether a querier's search sees it in the live store. */
export function isWritten({ came }: Piece, { knobs, now }: TempoState): boolean {
  return now() >= came + knobs.writtenAfter && now() < came + knobs.liveStoreKeeps;
}

/** When the last of a trace came; `undefined` where all of it has been there for long. */
const lastCame = (id: string, { pieces }: TempoState): bigint | undefined => pieces.get(id)?.at(-1)?.came;

export interface Places {
  /** In the live store, where a querier's search sees it. */
  readonly written: boolean;
  /** In a block of the backend that searches know. */
  readonly listed: boolean;
}

/** What was put in without a push has long been in a block. */
export function placesOf(id: string, state: TempoState): Places {
  const { knobs } = state;
  const came = lastCame(id, state);
  if (came === undefined) return { written: false, listed: true };
  const now = state.now();
  const flushed = came + knobs.writtenAfter;
  const listed = now >= flushed && lastPoll(state) >= flushed;
  return { written: now >= flushed && now < came + knobs.liveStoreKeeps, listed };
}

/** True while it has left the live store and its block is not listed: nothing finds it. */
export function isNowhere(id: string, state: TempoState): boolean {
  const came = lastCame(id, state);
  if (came === undefined || placesOf(id, state).listed) return false;
  return state.now() >= came + state.knobs.liveStoreKeeps;
}

function lastPoll({ knobs: { blocklistPoll }, now }: TempoState): bigint {
  return blocklistPoll === 0n ? now() : (now() / blocklistPoll) * blocklistPoll;
}

/** `/metrics`, as far as it says where traces are. */
export function ownMetrics(state: TempoState): string {
  const { pieces, knobs } = state;
  const now = state.now();
  const flushed = [...pieces.keys()].filter(
    (id) => now >= (lastCame(id, state) ?? 0n) + knobs.writtenAfter,
  ).length;
  const polls = knobs.blocklistPoll === 0n ? 1n : now / knobs.blocklistPoll;
  const tenant = 'tenant="single-tenant"';
  return [
    "# TYPE tempo_live_store_ready gauge",
    "tempo_live_store_ready 1",
    ...(pieces.size === 0
      ? []
      : [
          `tempo_live_store_bytes_received_total{data_type="trace",${tenant}} ${pieces.size * 627}`,
          `tempo_live_store_live_traces{${tenant}} ${pieces.size - flushed}`,
        ]),
    `tempo_live_store_local_blocks_flushed_total ${flushed > 0 ? 1 : 0}`,
    `tempodb_blocklist_poll_duration_seconds_count ${polls}`,
    "",
  ].join("\n");
}

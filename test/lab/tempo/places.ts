/** Where a pushed trace lies by and by: live, in the live store, in a block that is listed; and what the server says of it. */
import type { TempoState } from "./state.ts";

export interface Places {
  /** In the live store, where a querier's search sees it. */
  readonly written: boolean;
  /** In a block of the backend that searches know. */
  readonly listed: boolean;
}

/** What was put in without a push has long been in a block. */
export function placesOf(id: string, state: TempoState): Places {
  const { knobs, arrived } = state;
  const came = arrived.get(id);
  if (came === undefined) return { written: false, listed: true };
  const now = state.now();
  const flushed = came + knobs.writtenAfter;
  const listed = now >= flushed && lastPoll(state) >= flushed;
  return { written: now >= flushed && now < came + knobs.liveStoreKeeps, listed };
}

/** True while it has left the live store and its block is not listed: nothing finds it. */
export function isNowhere(id: string, state: TempoState): boolean {
  const came = state.arrived.get(id);
  if (came === undefined || placesOf(id, state).listed) return false;
  return state.now() >= came + state.knobs.liveStoreKeeps;
}

function lastPoll({ knobs: { blocklistPoll }, now }: TempoState): bigint {
  return blocklistPoll === 0n ? now() : (now() / blocklistPoll) * blocklistPoll;
}

/** `/metrics`, as far as it says where traces are. */
export function ownMetrics(state: TempoState): string {
  const { arrived, knobs } = state;
  const now = state.now();
  const flushed = [...arrived.values()].filter((came) => now >= came + knobs.writtenAfter).length;
  const polls = knobs.blocklistPoll === 0n ? 1n : now / knobs.blocklistPoll;
  const tenant = 'tenant="single-tenant"';
  return [
    "# TYPE tempo_live_store_ready gauge",
    "tempo_live_store_ready 1",
    ...(arrived.size === 0
      ? []
      : [
          `tempo_live_store_bytes_received_total{data_type="trace",${tenant}} ${arrived.size * 627}`,
          `tempo_live_store_live_traces{${tenant}} ${arrived.size - flushed}`,
        ]),
    `tempo_live_store_local_blocks_flushed_total ${flushed > 0 ? 1 : 0}`,
    `tempodb_blocklist_poll_duration_seconds_count ${polls}`,
    "",
  ].join("\n");
}

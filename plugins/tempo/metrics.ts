/** What Tempo says of itself at `/metrics`: what has come, what is still live, and whether the list of blocks is new. */
import { type HttpClient, isKind } from "contextcore";

export interface Progress {
  /** Bytes that the live stores (version 2: ingesters) of this process have taken since it began. */
  readonly received: number;
  /** Live traces, as of the last time that it looked for idle ones. */
  readonly live: number;
  /** Blocks that this process has flushed. */
  readonly flushed: number;
  /** How often it has read the list of blocks. */
  readonly polls: number;
}

/** `undefined`: there is no such page, or this process keeps no traces itself. @param tenant absent: all */
export async function readProgress(
  http: HttpClient,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  try {
    const answer = await http.send({ path: "/metrics", accept: [404], signal });
    return answer.status === 404 ? undefined : parse(await answer.text(), tenant);
  } catch (error) {
    if (isKind(error, "refused", "not-found", "invalid")) return undefined;
    throw error;
  }
}

const SAMPLE = /^(tempo[\w]*?)(?:\{(.*)\})? (\S+)$/gm;
const OF_TENANT = /^tempo_(?:live_store|ingester)_(?:bytes_received_total|live_traces)$/;

/** Samples of another tenant are left out where the name has a tenant. */
function parse(text: string, tenant: string | undefined): Progress | undefined {
  const sums = new Map<string, number>();
  for (const [, name = "", labels = "", value] of text.matchAll(SAMPLE)) {
    const isOther = tenant !== undefined && !labels.includes(`tenant="${tenant}"`);
    if (OF_TENANT.test(name) && isOther) sums.set(name, sums.get(name) ?? 0);
    else sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const of = (...names: string[]): number => names.reduce((sum, name) => sum + (sums.get(name) ?? 0), 0);
  // Every process of a cluster has the live store's names; only one that is a live store is ready.
  if (of("tempo_live_store_ready") === 0 && !sums.has("tempo_ingester_bytes_received_total"))
    return undefined;
  return {
    received: of("tempo_live_store_bytes_received_total", "tempo_ingester_bytes_received_total"),
    live: of("tempo_live_store_live_traces", "tempo_ingester_live_traces"),
    flushed: of("tempo_live_store_local_blocks_flushed_total"),
    polls: of("tempodb_blocklist_poll_duration_seconds_count"),
  };
}

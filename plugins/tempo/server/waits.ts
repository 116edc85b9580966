/** Waits until searches see what the server has taken. */
import {
  formatDuration,
  type HttpClient,
  type Logger,
  PluginError,
  type Range,
  sleep,
  toMs,
  undefinedOn,
} from "contextcore";
import type { Settings } from "./settings.ts";

/** The server that is waited for, and who hears of it. */
export interface WaitOptions {
  readonly http: HttpClient;
  readonly settings: Settings;
  readonly tenant: string | undefined;
  /** Hears of a wait that may take minutes. */
  readonly log: Logger;
}

/** The server looks for idle traces and for blocks a little later than it should. */
const MARGIN = 1.2;
const PAUSE_MS = 1_000;

const progressOf = ({ http, settings, tenant }: WaitOptions, signal: AbortSignal) =>
  // A server without tenants files everything under a name of its own.
  readProgress(http, settings.hasTenants ? tenant : undefined, signal);

/**
 * While a trace is live, no search finds it; it can only be read by its id. This resolves when every trace that arrived before
 * the call is written out: at once if none ever arrived; after one period in which nothing arrived and no trace was live; at the
 * latest when no trace can be live any more.
 * @returns false, at once, when the server shows nothing to wait by
 */
export async function untilWritten(options: WaitOptions, signal: AbortSignal): Promise<boolean> {
  const { maxTraceLive, flushCheckPeriod } = options.settings;
  const quietMs = toMs(flushCheckPeriod) * MARGIN;
  const deadline = Date.now() + toMs(maxTraceLive) + quietMs;
  let seen = await progressOf(options, signal);
  if (seen === undefined && !options.settings.known) return false;
  if (seen?.received === 0) return true;
  for (let since = Date.now(); Date.now() < deadline; ) {
    await sleep(Math.min(PAUSE_MS, quietMs), signal);
    const now = await progressOf(options, signal);
    if (now === undefined || now.received !== seen?.received) since = Date.now();
    else if (now.live === 0 && Date.now() - since >= quietMs) return true;
    seen = now;
  }
  return true;
}

/**
 * Tempo 3 drops a block of old spans from its live stores soon after it was flushed, because of the times of its spans, and may
 * read the list of blocks only minutes later. In between nothing finds them, not even by id (observed with 3.1). This happens
 * only where `ingestion_time_range_slack` lets a block keep such times.
 */
export const dropsEarly = ({ liveStoreSlack, completeBlockTimeout }: Settings): boolean =>
  liveStoreSlack !== undefined && completeBlockTimeout !== undefined && liveStoreSlack > completeBlockTimeout;

/** Whether a range is so old that spans of it may have left the live stores before their block is listed. */
export const holdsDropped = (range: Range, settings: Settings, now: bigint): boolean =>
  dropsEarly(settings) && range.from < now - (settings.completeBlockTimeout ?? 0n);

/**
 * Resolves when the server has read its list of blocks once more: then what had left the live stores before the call is found.
 * @throws PluginError `invalid` when the list is not read in time, or the server does not show it
 */
export async function untilListed(options: WaitOptions, signal: AbortSignal): Promise<void> {
  const { settings } = options;
  if (!dropsEarly(settings)) return;
  const first = await progressOf(options, signal);
  if (first?.flushed === 0) return;
  const deadline = Date.now() + toMs(settings.blocklistPoll) * MARGIN + PAUSE_MS;
  if (first !== undefined) options.log.info(waitingForList(settings));
  for (let now = first; now !== undefined; now = await progressOf(options, signal)) {
    if (now.polls !== first?.polls) return;
    if (Date.now() > deadline) break;
    await sleep(Math.min(PAUSE_MS, toMs(settings.blocklistPoll)), signal);
  }
  throw new PluginError("invalid", unlisted(settings));
}

const waitingForList = ({ blocklistPoll }: Settings): string =>
  `waits up to ${formatDuration(blocklistPoll)} until Tempo reads its list of blocks, so that old spans that arrived lately are not left out (a shorter storage.trace.blocklist_poll makes this faster)`;

/** Why nothing proves that all was found. */
const unlisted = ({ blocklistPoll }: Settings): string =>
  `old spans that reached Tempo in the last ${formatDuration(blocklistPoll * 2n)} may be missing: it drops their blocks from the live stores before it has read the list of blocks (storage.trace.blocklist_poll: ${formatDuration(blocklistPoll)}), and does not show at /metrics when it has read it`;

/** What Tempo shows at `/metrics`: what has arrived, what is still live, and how often the list of blocks was read. */
interface Progress {
  /** Bytes that the live stores (version 2: ingesters) of this process have taken since it began. */
  readonly received: number;
  /** Live traces when it last looked for idle ones. */
  readonly live: number;
  /** Blocks that this process has flushed. */
  readonly flushed: number;
  /** How often it has read the list of blocks. */
  readonly polls: number;
}

/** `undefined`: there is no such page, or this process keeps no traces. @param tenant absent: all */
async function readProgress(
  http: HttpClient,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const page = http.send({ path: "/metrics", signal }).then((answer) => answer.text());
  const text = await undefinedOn(page, "refused", "not-found", "invalid");
  return text === undefined ? undefined : parse(text, tenant);
}

const SAMPLE = /^(tempo[\w]*?)(?:\{(.*)\})? (\S+)$/gm;
const OF_TENANT = /^tempo_(?:live_store|ingester)_(?:bytes_received_total|live_traces)$/;

/** Of metrics that have a tenant, samples of other tenants are left out. */
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

/** Waits for the list of blocks once in an export, between reading and counting. */
export interface Listing {
  /** Notes that something was read. */
  noteRead(): void;
  /** Resolves when a count sees what was there to be read; at once when nothing was read. @throws as {@link untilListed} */
  untilListed(options: WaitOptions, signal: AbortSignal): Promise<void>;
}

/** Counts that run at once wait together. If that wait fails, the next count waits again. */
export function createListing(): Listing {
  let hasRead = false;
  let waiting: Promise<void> | undefined;
  return {
    noteRead() {
      hasRead = true;
    },
    async untilListed(options, signal) {
      if (!hasRead) return;
      waiting ??= untilListed(options, signal);
      const one = waiting;
      await one.catch((error) => {
        if (waiting === one) waiting = undefined;
        throw error;
      });
    },
  };
}

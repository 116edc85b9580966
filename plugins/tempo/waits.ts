/** Waits until what the server has taken is where its searches look. */
import {
  formatDuration,
  type HttpClient,
  type Logger,
  PluginError,
  type Range,
  sleep,
  toMs,
} from "contextcore";
import { readProgress } from "./metrics.ts";
import type { Settings } from "./settings.ts";

export interface WaitOptions {
  readonly http: HttpClient;
  readonly settings: Settings;
  readonly tenant: string | undefined;
  /** Told of a wait that may take minutes. */
  readonly log: Logger;
}

/** It looks for idle traces, and for blocks, a little later than it should. */
const MARGIN = 1.2;
const PAUSE_MS = 1_000;

const progressOf = ({ http, settings, tenant }: WaitOptions, signal: AbortSignal) =>
  // A server without tenants files everything under a name of its own.
  readProgress(http, settings.hasTenants ? tenant : undefined, signal);

/**
 * A trace is in no search while it is live, and found only by its id. Returns when every trace that had come before the call
 * is written out: at once when none ever came; when for one look at idle traces nothing came and none was live; and at the
 * latest after a trace may no longer be live.
 * @returns false, at once, when the server shows nothing of itself by which to wait
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
 * Tempo 3 lets a block of old spans go from its live stores soon after it was flushed, by the times of its spans, and may
 * read the list of blocks only minutes later: in between nothing finds them, not even by id (observed with 3.1). It is so
 * only where `ingestion_time_range_slack` lets a block keep such times.
 */
export const dropsEarly = ({ liveStoreSlack, completeBlockTimeout }: Settings): boolean =>
  liveStoreSlack !== undefined && completeBlockTimeout !== undefined && liveStoreSlack > completeBlockTimeout;

/** Whether a range is so old that spans of it may have left the live stores before their block is listed. */
export const holdsDropped = (range: Range, settings: Settings, now: bigint): boolean =>
  dropsEarly(settings) && range.from < now - (settings.completeBlockTimeout ?? 0n);

/**
 * Returns when the list of blocks was read once more, so that what had left the live stores before the call is found.
 * @throws PluginError `invalid` when it is not read in time, or the server does not say
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
  `waits up to ${formatDuration(blocklistPoll)} until Tempo reads its list of blocks, so that nothing is left out that came lately with old times (storage.trace.blocklist_poll: a shorter one makes this faster)`;

/** Why nothing proves that all was found. */
export const unlisted = ({ blocklistPoll }: Settings): string =>
  `old spans that reached Tempo in the last ${formatDuration(blocklistPoll * 2n)} may be missing: it lets their blocks go from the live stores before it has read the list of blocks (storage.trace.blocklist_poll: ${formatDuration(blocklistPoll)}), and does not say at /metrics when it has`;

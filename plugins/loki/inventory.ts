/** What this Loki holds: its time range, retention, streams and size, and what to beware of. */
import {
  type Ask,
  type Counts,
  formatDuration,
  given,
  type Inventory,
  NS_PER_MS,
  NS_PER_SECOND,
  type Range,
  type Size,
  toRfc3339,
  undefinedOn,
  v,
} from "contextcore";
import type { Ends } from "./ends.ts";
import { isPending, listDeletes } from "./objects/deletes.ts";
import type { Api } from "./server/api.ts";
import type { Border } from "./server/border.ts";
import { byParts, rootSelectors } from "./server/in-parts.ts";
import { ownLabels, streamKey } from "./server/selector.ts";
import { readRetention, type Settings } from "./server/settings.ts";

interface InventoryOptions {
  /** ns */
  readonly now: bigint;
  readonly settings: Ask<Settings>;
  readonly ends: Ask<Ends | undefined>;
  readonly border: Border;
}

/**
 * The time range of the lines, their retention, and the number of streams on the newest day. What the server does not say is
 * left out; a server that does not answer at all is an error.
 */
export async function takeInventory(
  api: Api,
  { now, border, ...ask }: InventoryOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const [settings, serverVersion, ends] = await Promise.all([
    ask.settings(signal),
    readVersion(api, signal),
    ask.ends(signal),
  ]);
  const { retention, retentionSetting, warnings } = readRetention(settings);
  const counts = ends === undefined ? { streams: 0 } : await countStreams(api, border, ends, signal);
  const further = [
    ...unreadWarning(ends),
    ...lookbackWarning(settings, now),
    ...(await deleteWarnings(api, signal)),
  ];
  return {
    signals: ["logs"],
    counts,
    warnings: [...warnings, ...further],
    ...given({
      serverVersion,
      oldest: ends?.from,
      newest: ends && ends.to - 1n,
      retention,
      retentionSetting,
    }),
  };
}

const buildInfo = v.object({ version: v.string() });

/** A development build's version says nothing, and a gateway may not show it. */
async function readVersion(api: Api, signal: AbortSignal): Promise<string | undefined> {
  const path = "/loki/api/v1/status/buildinfo";
  const info = api.send({ path, signal }).then((answer) => answer.json());
  const { success, output } = v.safeParse(buildInfo, await undefinedOn(info, "not-found", "invalid"));
  return success && output.version !== "" ? output.version : undefined;
}

const DAY = 86_400n * NS_PER_SECOND;

/** For the newest day with data: over longer times streams come and go, and listing all of them is costly. */
async function countStreams(
  api: Api,
  border: Border,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<Counts> {
  const day = { from: to - from > DAY ? to - DAY : from, to };
  const looks = border.looks(day, (part) => api.series([], part, signal), signal);
  const sets = (await Array.fromAsync(looks)).flat();
  return { streams: new Set(sets.map((labels) => streamKey(ownLabels(labels)))).size };
}

function unreadWarning(ends: Ends | undefined): string[] {
  const [reason] = ends?.unread ?? [];
  if (reason === undefined) return [];
  return [
    `The oldest or the newest line could not be read, so its time is known to the minute only: ${reason}`,
  ];
}

function lookbackWarning(settings: Settings, now: bigint): string[] {
  const lookback = settings.limit("limits_config.max_query_lookback");
  if (lookback === undefined) return [];
  return [
    `Queries reach back ${formatDuration(lookback)} only (limits_config.max_query_lookback): what is older than ${toRfc3339(now - lookback)} is kept, and cannot be seen or exported.`,
  ];
}

async function deleteWarnings(api: Api, signal: AbortSignal): Promise<string[]> {
  // A user who may read logs need not be allowed to see delete requests.
  const requests = await undefinedOn(listDeletes(api, signal), "refused", "invalid");
  const pending = (requests ?? []).filter(isPending).length;
  if (pending === 0) return [];
  const subject = pending === 1 ? "One delete request is" : `${pending} delete requests are`;
  return [`${subject} pending: what they match is hidden from queries and from an export.`];
}

/**
 * The size: the server's own figure for its chunks (`index/volume`), otherwise an estimate, the lengths of its lines.
 * @param endsOf from the oldest entry to just after the newest; `undefined` when there are none
 * @throws PluginError when the server cannot be asked
 */
export async function measure(api: Api, endsOf: Ask<Range | undefined>, signal: AbortSignal): Promise<Size> {
  const ends = await endsOf(signal);
  if (ends === undefined) return { bytes: 0, source: "api", how: "no entries" };
  const volume = await sum(ends, (selector, range) => api.volume(selector, range, signal));
  if (volume !== undefined && volume > 0) {
    const how = `index/volume: lines and metadata, uncompressed; a line that was pushed twice counts twice`;
    return { bytes: volume, source: "api", isAtMost: true, how };
  }
  const lines = await sum(ends, (selector, range) => countBytes(api, selector, range, signal));
  return {
    bytes: lines ?? 0,
    source: "estimate",
    how: `bytes_over_time: lines alone, uncompressed`,
  };

  /** `undefined` when any part is unknown. */
  async function sum(
    whole: Range,
    one: (selector: string, range: Range) => Promise<number | undefined>,
  ): Promise<number | undefined> {
    const sumOf = async (range: Range): Promise<number | undefined> => {
      let total = 0;
      for (const selector of await rootSelectors(api, { range }, signal)) {
        const bytes = await one(selector, range);
        if (bytes === undefined) return undefined;
        total += bytes;
      }
      return total;
    };
    let total = 0;
    for await (const bytes of byParts(whole, sumOf)) {
      if (bytes === undefined) return undefined;
      total += bytes;
    }
    return total;
  }
}

function countBytes(api: Api, selector: string, range: Range, signal: AbortSignal): Promise<number> {
  const ms = (range.to - range.from) / NS_PER_MS + 1n;
  return api.sum({ operation: "bytes_over_time", selector, range, ms }, signal);
}

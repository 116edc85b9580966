import { formatDuration, type HttpClient, type Inventory, type Size, undefinedOn, v } from "contextcore";
import { findExtent, searchable } from "./extent.ts";
import type { Finder } from "./server/find.ts";
import type { Settings } from "./server/settings.ts";

interface InventoryOptions {
  readonly settings: Settings;
  readonly now: bigint;
}

/** The times of the oldest and the newest span, how long traces are kept, and what to beware of. */
export async function takeInventory(
  { http, finder }: { readonly http: HttpClient; readonly finder: Finder },
  { settings, now }: InventoryOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const { retention } = settings;
  const { unread, ...extent } = await findExtent(finder, { settings, now }, signal);
  return {
    signals: ["traces"],
    ...(await version(http, signal)),
    ...extent,
    ...(retention === undefined
      ? {}
      : {
          retention: retention === 0n ? "unlimited" : retention,
          retentionSetting: settings.retentionSetting,
        }),
    warnings: [...warnings(settings), ...unread.slice(0, 1).map(notSearched)],
  };
}

const notSearched = (reason: string): string =>
  `Some of its time could not be searched, so the times of the oldest and the newest span are not exact: ${reason}`;

const buildInfo = v.object({ version: v.optional(v.string(), "") });

/** A server built from its sources has no version. */
async function version(http: HttpClient, signal: AbortSignal): Promise<Pick<Inventory, "serverVersion">> {
  const call = http.json(buildInfo, { path: "/api/status/buildinfo", signal });
  const info = await undefinedOn(call, "not-found", "invalid");
  return info === undefined || info.version === "" ? {} : { serverVersion: info.version };
}

function warnings({ known, ingestionSlack }: Settings): string[] {
  if (!known) {
    return [
      "Tempo does not show its configuration (/status/config), so its retention and its limits are not known.",
    ];
  }
  if (ingestionSlack >= HOUR) return [];
  return [
    `Spans that reached Tempo more than ${formatDuration(ingestionSlack)} late are kept, but no search by time finds them (ingestion_time_range_slack): only the option \`storage\` reads them.`,
  ];
}

const HOUR = 3_600_000_000_000n;

interface SizeOptions {
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  readonly now: bigint;
}

/** Bytes that a span takes in a block: 12.4 MB held 160,000 of them. */
const SPAN_BLOCK_BYTES = 78;
const LIMIT = 1_000;

/** How big it is: the blocks that a search looks at, otherwise an estimate from the spans that it lists. */
export async function measure(finder: Finder, options: SizeOptions, signal: AbortSignal): Promise<Size> {
  let [blockBytes, spans] = [0, 0];
  for (const range of searchable(await options.settings(signal), options.now)) {
    const answer = await finder.find({ range, query: "{}", limit: LIMIT }, signal);
    blockBytes += answer.blockBytes;
    spans += answer.hits.reduce((sum, hit) => sum + hit.spans, 0);
  }
  if (blockBytes > 0) return { bytes: blockBytes, source: "api" };
  const how = `${spans} spans that a search lists, ${SPAN_BLOCK_BYTES} bytes each`;
  return { bytes: spans * SPAN_BLOCK_BYTES, source: "estimate", how };
}

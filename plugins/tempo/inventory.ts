import { formatDuration, type HttpClient, type Importance, type Inventory, isKind, v } from "contextcore";
import { findExtent } from "./extent.ts";
import type { Finder } from "./find.ts";
import type { Settings } from "./settings.ts";

export interface InventoryOptions {
  readonly settings: Settings;
  readonly importance: Importance;
  readonly now: bigint;
}

/** From when to when there are traces, how long they are kept, and what to beware of. */
export async function takeInventory(
  { http, finder }: { readonly http: HttpClient; readonly finder: Finder },
  { settings, importance, now }: InventoryOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const { retention } = settings;
  return {
    signals: ["traces"],
    ...(await version(http, signal)),
    ...(await findExtent(finder, { settings, now }, signal)),
    ...(retention === undefined ? {} : { retention: retention === 0n ? "unlimited" : retention }),
    importance,
    warnings: warnings(settings),
  };
}

const buildInfo = v.object({ version: v.optional(v.string(), "") });

/** A server built from its sources has no version. */
async function version(http: HttpClient, signal: AbortSignal): Promise<Pick<Inventory, "serverVersion">> {
  try {
    const info = await http.json(buildInfo, { path: "/api/status/buildinfo", signal });
    return info.version === "" ? {} : { serverVersion: info.version };
  } catch (error) {
    if (isKind(error, "not-found", "invalid")) return {};
    throw error;
  }
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

/** What the server will clamp or refuse. Source: pkg/validation/limits.go and Loki's configuration reference. */
import { isOff, type Limit, type LimitEffect, NS_PER_SECOND, shownLimits, unlessOff } from "contextcore";
import { ingesterReach, LOOK_BACK, lookBackOf, type Settings } from "./server/settings.ts";

const LOSES =
  "Loki silently leaves lines out of queries and counts that reach across the moment this long ago; an export reads around that moment and waits for it to pass; ";

/** At the recommended value or more there is nothing to report. ns */
const LONG_LOOK_BACK = 864_000n * NS_PER_SECOND;

/** Loki only starts with a look-back setting if chunks are in local files (`calculateMaxLookBack` in pkg/loki/modules.go). */
function isOnFiles(settings: Settings): boolean {
  const newest = settings.list("schema_config.configs").at(-1);
  return (
    typeof newest === "object" && newest !== null && Reflect.get(newest, "object_store") === "filesystem"
  );
}

/** Loki's own default, bytes. */
const LINE_SIZE = 262_144;

const effectsFor = (settings: Settings): Readonly<Record<string, LimitEffect | undefined>> => ({
  "limits_config.max_entries_limit_per_query": undefined,
  "limits_config.max_query_length": undefined,
  "limits_config.max_query_lookback": unlessOff(
    "queries do not reach further back, and Loki does not say so; 0s shows all",
  ),
  "limits_config.max_query_series": undefined,
  "limits_config.query_timeout": undefined,
  "limits_config.retention_period": undefined,
  "limits_config.reject_old_samples": undefined,
  "limits_config.reject_old_samples_max_age": () =>
    settings.flag("limits_config.reject_old_samples") === true
      ? "a restore of older lines is refused; for a restore set limits_config.reject_old_samples to false"
      : undefined,
  "limits_config.ingestion_rate_mb": undefined,
  "limits_config.max_line_size": () => {
    const bytes = settings.bytes("limits_config.max_line_size") ?? 0;
    return bytes > 0 && bytes < LINE_SIZE
      ? "a restore of longer lines is refused; 256KB is usual"
      : undefined;
  },
  "limits_config.allow_structured_metadata": (value) =>
    value === "false" ? "a restore of lines with structured metadata is refused; set true" : undefined,
  "limits_config.max_global_streams_per_user": undefined,
  "ingester.max_chunk_age": () =>
    "a stream refuses lines that are more than half of this older than its newest line; for a restore set twice the age of the oldest line, or restore into streams of their own with --label",
  "querier.query_ingesters_within": (value) =>
    isOff(value) || ingesterReach(settings)?.setting === LOOK_BACK
      ? undefined
      : "older lines that arrive late show only once the ingesters have flushed them; 0s shows them at once",
  [LOOK_BACK]: () => {
    const back = lookBackOf(settings);
    if (back === undefined || back >= LONG_LOOK_BACK) return undefined;
    return `${LOSES}${isOnFiles(settings) ? "240h keeps most queries from reaching it" : "with this object store it cannot be set"}`;
  },
  "server.grpc_server_max_recv_msg_size": undefined,
});

/**
 * Every setting that the server shows. None is marked as clamping: only the export knows whether its range is within
 * `max_query_lookback`, and reports it if not.
 */
export function limitsOf(settings: Settings): readonly Limit[] {
  return shownLimits(effectsFor(settings), (setting) => settings.text(setting));
}

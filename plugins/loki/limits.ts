/** What the server will clamp or refuse. Source: pkg/validation/limits.go and Loki's configuration reference. */
import type { Limit } from "contextcore";
import type { Api } from "./api.ts";
import { readSettings } from "./settings.ts";

/** By setting: what it does, where that is more than worth recording. */
const SETTINGS: Readonly<Record<string, string | undefined>> = {
  "limits_config.max_entries_limit_per_query": undefined,
  "limits_config.max_query_length": undefined,
  "limits_config.max_query_lookback": "queries do not reach further back, and Loki does not say so",
  "limits_config.max_query_series": undefined,
  "limits_config.query_timeout": undefined,
  "limits_config.retention_period": undefined,
  "limits_config.reject_old_samples": undefined,
  "limits_config.reject_old_samples_max_age":
    "a restore of older lines is refused while reject_old_samples is true",
  "limits_config.ingestion_rate_mb": "a restore goes no faster",
  "limits_config.max_line_size": "a restore of longer lines is refused",
  "limits_config.allow_structured_metadata": undefined,
  "limits_config.max_global_streams_per_user": undefined,
  "ingester.max_chunk_age":
    "a restore is refused what is older than the newest line of its stream by more than half of it",
  "querier.query_ingesters_within":
    "older lines that came late show only once the ingesters have flushed them",
  "server.grpc_server_max_recv_msg_size": undefined,
};

/** Zero turns these off. */
const OFF = /^0+[a-z]*$/;

/**
 * Every setting that the server shows. None is marked as clamping: only the export knows whether its range is within
 * `max_query_lookback`, and says so itself where it is not.
 */
export async function readLimits(api: Api, signal: AbortSignal): Promise<readonly Limit[]> {
  const settings = await readSettings(api, signal);
  return Object.entries(SETTINGS).flatMap(([setting, effect]) => {
    const value = settings.text(setting);
    if (value === undefined) return [];
    return [{ setting, value, ...(effect === undefined || OFF.test(value) ? {} : { effect }) }];
  });
}

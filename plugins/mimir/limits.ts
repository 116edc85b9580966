import { isOff, type Limit, type LimitEffect, shownLimits, unlessOff } from "contextcore";
import type { Server } from "./server/server.ts";
import { type PrometheusSettings, prometheusSettings, tenantLimits } from "./server/settings.ts";

const below =
  (usual: number, effect: string): LimitEffect =>
  (value) =>
    Number(value) > 0 && Number(value) < usual ? effect : undefined;

const exactly =
  (bad: string, effect: string): LimitEffect =>
  (value) =>
    value === bad ? effect : undefined;

/**
 * Zero is "none" for all but exemplars and samples out of order (pkg/util/validation/limits.go). What a read or a list is refused
 * or cut by has no effect: it is asked again in parts, and counted.
 */
const TENANT_LIMITS: Readonly<Record<string, LimitEffect | undefined>> = {
  "limits.compactor_blocks_retention_period": undefined,
  "limits.max_query_lookback": unlessOff(
    "Data older than this cannot be read or exported: the server silently moves the start of a query. 0s shows all.",
  ),
  "limits.max_total_query_length": undefined,
  "limits.max_labels_query_length": undefined,
  "limits.max_fetched_chunks_per_query": undefined,
  "limits.max_fetched_series_per_query": undefined,
  "limits.max_fetched_chunk_bytes_per_query": undefined,
  "limits.max_series_query_limit": undefined,
  "limits.max_label_values_limit": undefined,
  "limits.max_global_exemplars_per_user": exactly(
    "0",
    "No exemplars are kept: an export has none, and a restore brings none back. 100000 keeps that many.",
  ),
  "limits.out_of_order_time_window": (value) =>
    `Samples that are more than ${isOff(value) ? "an hour" : value} older than the newest are refused when they are written back. For a restore set it to the age of the oldest one.`,
  "limits.past_grace_period": unlessOff(
    "Samples older than this are refused when they are written back. For a restore set 0s.",
  ),
  "limits.creation_grace_period": undefined,
  "limits.native_histograms_ingestion_enabled": exactly(
    "false",
    "Native histograms are dropped without an error when they are written back. For a restore set true.",
  ),
  "limits.ingestion_rate": undefined,
  "limits.ingestion_burst_size": undefined,
  "limits.max_global_series_per_user": unlessOff(
    "More series at once are refused when they are written back. For a restore of more set 0.",
  ),
  "limits.max_label_names_per_series": below(
    30,
    "Series with more labels are refused when they are written back. 30 is usual.",
  ),
  "limits.ruler_max_rules_per_rule_group": undefined,
  "limits.ruler_max_rule_groups_per_tenant": undefined,
};

const PROMETHEUS: Readonly<Record<string, LimitEffect | undefined>> = {
  "--storage.tsdb.retention.time": undefined,
  "--storage.tsdb.retention.size": undefined,
  "--storage.remote.read-sample-limit": undefined,
  "--storage.remote.read-concurrent-limit": undefined,
  "--query.max-samples": undefined,
  "--query.timeout": undefined,
  "--web.enable-remote-write-receiver": undefined,
  "--enable-feature": undefined,
  "storage.tsdb.out_of_order_time_window": undefined,
  storageRetention: undefined,
};

/** Before 2.33 a feature took remote writes. */
const takesWrites = (flags: PrometheusSettings["flags"]): boolean =>
  flags["web.enable-remote-write-receiver"] === "true" ||
  (flags["enable-feature"] ?? "").split(",").includes("remote-write-receiver");

const NO_WRITES: LimitEffect = () =>
  "No sample can be written back. For a restore start it with --web.enable-remote-write-receiver.";

/** What the server will clamp or refuse, as it says itself. */
export async function limits(server: Server, signal: AbortSignal): Promise<readonly Limit[]> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return prometheusLimits(await prometheusSettings(server, signal));
  const found = await tenantLimits(server, signal);
  return shownLimits(TENANT_LIMITS, (setting) => found[setting.slice("limits.".length)]);
}

function prometheusLimits({ flags, outOfOrderWindow, retention }: PrometheusSettings): Limit[] {
  const shown = new Map([
    ...Object.entries(flags).map(([name, value]): [string, string | undefined] => [`--${name}`, value]),
    ["storage.tsdb.out_of_order_time_window", outOfOrderWindow],
    ["storageRetention", retention],
  ]);
  const writes = takesWrites(flags) ? {} : { "--web.enable-remote-write-receiver": NO_WRITES };
  return shownLimits({ ...PROMETHEUS, ...writes }, (setting) => shown.get(setting));
}

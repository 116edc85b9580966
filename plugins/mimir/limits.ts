import type { Limit } from "contextcore";
import { prometheusSettings } from "./server/prometheus-settings.ts";
import type { Server } from "./server/server.ts";
import { type TenantLimits, tenantLimits } from "./server/tenant-limits.ts";

/** What each limit does to an export or a restore; without a sentence it is only recorded. */
const TENANT_LIMITS: Readonly<Record<string, string | undefined>> = {
  compactor_blocks_retention_period: undefined,
  max_query_lookback: "Data older than this cannot be read: the start of a query is moved silently.",
  max_total_query_length: "Longer queries are refused.",
  max_labels_query_length: "Lists of metric names cover no longer time than this.",
  max_fetched_chunks_per_query: "Reads of more chunks are refused; they are split.",
  max_fetched_series_per_query: "Reads of more series are refused; they are split.",
  max_fetched_chunk_bytes_per_query: "Reads of more bytes are refused; they are split.",
  max_series_query_limit: "Lists of series are cut to this number silently.",
  max_label_values_limit:
    "Lists of metric names are cut to this number silently; a last read takes the rest.",
  max_global_exemplars_per_user: "0: no exemplars are kept.",
  out_of_order_time_window: "Older samples are refused when they are written back; 0 accepts none.",
  past_grace_period: "Samples older than this are refused when they are written back.",
  creation_grace_period: "Samples further in the future than this are refused.",
  native_histograms_ingestion_enabled:
    "false: native histograms are dropped without an error when they are written back.",
  ingestion_rate: "Samples a second that may be written back.",
  ingestion_burst_size: undefined,
  max_global_series_per_user: "More series are refused when they are written back.",
  max_label_names_per_series: "Series with more labels are refused when they are written back.",
  ruler_max_rules_per_rule_group: undefined,
  ruler_max_rule_groups_per_tenant: undefined,
};

const FLAGS: Readonly<Record<string, string | undefined>> = {
  "storage.tsdb.retention.time": undefined,
  "storage.tsdb.retention.size": undefined,
  "storage.remote.read-sample-limit": "Remote read without streaming refuses more samples.",
  "storage.remote.read-concurrent-limit": "More remote reads at once wait for one another.",
  "query.max-samples": "Counting more samples in one query is refused.",
  "query.timeout": "Longer queries are refused.",
  "web.enable-remote-write-receiver": "false: nothing can be written back.",
  "enable-feature": undefined,
};

/** What the server will clamp or refuse, as it says itself. */
export async function limits(server: Server, signal: AbortSignal): Promise<readonly Limit[]> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return fromTenant(await tenantLimits(server, signal));
  const { flags, outOfOrderWindow, retention } = await prometheusSettings(server, signal);
  const shown = Object.entries(FLAGS).map(([name, effect]) => limit(`--${name}`, flags[name], effect));
  const window = limit("storage.tsdb.out_of_order_time_window", outOfOrderWindow, undefined);
  return [...shown, ...window, ...limit("storageRetention", retention, undefined)].flat();
}

const fromTenant = (found: TenantLimits): Limit[] =>
  Object.entries(TENANT_LIMITS).flatMap(([name, effect]) => limit(`limits.${name}`, found[name], effect));

/** Nothing when the server does not say. */
function limit(setting: string, value: unknown, effect: string | undefined): Limit[] {
  if (value === undefined || value === "") return [];
  return [{ setting, value: String(value), ...(effect === undefined ? {} : { effect }) }];
}

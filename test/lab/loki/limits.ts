import { stringify } from "yaml";
import { parseDuration } from "../../../src/units/duration.ts";

/** The settings that the lab's Loki obeys, named and written as in its configuration file. */
export interface LokiLimits {
  max_entries_limit_per_query: number;
  max_query_length: string;
  max_query_lookback: string;
  max_query_series: number;
  max_streams_matchers_per_query: number;
  query_timeout: string;
  reject_old_samples: boolean;
  reject_old_samples_max_age: string;
  creation_grace_period: string;
  ingestion_rate_mb: number;
  max_line_size: string;
  max_label_names_per_series: number;
  max_global_streams_per_user: number;
  allow_structured_metadata: boolean;
  max_structured_metadata_entries_count: number;
  discover_log_levels: boolean;
  discover_service_name: readonly string[];
  volume_enabled: boolean;
  volume_max_series: number;
  retention_period: string;
  retention_stream?: readonly { selector: string; priority: number; period: string }[];
  /** Outside `limits_config`: `ingester.max_chunk_age`, `compactor.retention_enabled`, `server.grpc_server_max_recv_msg_size`. */
  max_chunk_age: string;
  retention_enabled: boolean;
  grpc_server_max_recv_msg_size: number;
  /** Outside, too: until then a delete request only hides what it matches. */
  delete_request_cancel_period: string;
  deletion_mode: "disabled" | "filter-only" | "filter-and-delete";
  /** Of the querier: older lines that are pushed show only after a flush. 0: all show at once. */
  query_ingesters_within: string;
  /** Of a single binary's ingester: where the border lies between what the store and what the ingesters answer. 0: nowhere. */
  query_store_max_look_back_period: string;
}

export const DEFAULT_LIMITS: LokiLimits = {
  max_entries_limit_per_query: 5000,
  max_query_length: "30d1h",
  max_query_lookback: "0s",
  max_query_series: 500,
  max_streams_matchers_per_query: 1000,
  query_timeout: "1m",
  reject_old_samples: true,
  reject_old_samples_max_age: "1w",
  creation_grace_period: "10m",
  // The real default is 4; the lab takes what it is given unless a test lowers it.
  ingestion_rate_mb: 1024,
  max_line_size: "256KB",
  max_label_names_per_series: 15,
  max_global_streams_per_user: 5000,
  allow_structured_metadata: true,
  max_structured_metadata_entries_count: 128,
  discover_log_levels: true,
  discover_service_name: [
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
  ],
  volume_enabled: true,
  volume_max_series: 1000,
  retention_period: "1w",
  max_chunk_age: "2h0m0s",
  retention_enabled: true,
  grpc_server_max_recv_msg_size: 4_194_304,
  delete_request_cancel_period: "24h0m0s",
  deletion_mode: "filter-and-delete",
  // The real default is 3h; the lab shows what it is given unless a test wants it otherwise.
  query_ingesters_within: "0s",
  // The real default is 2h36m; no test should wait for the border unless it is about it.
  query_store_max_look_back_period: "0s",
};

/** The fields that `tenant_limits_allow_publish` lets out by default. */
const PUBLISHED = [
  "discover_log_levels",
  "discover_service_name",
  "max_entries_limit_per_query",
  "max_query_length",
  "max_query_lookback",
  "max_query_series",
  "query_timeout",
  "retention_period",
  "retention_stream",
  "volume_enabled",
  "volume_max_series",
] as const;

/** `/config`: the sections that say something about the lab. */
export function configYaml(limits: LokiLimits): string {
  const { max_chunk_age, retention_enabled, grpc_server_max_recv_msg_size, ...others } = limits;
  const { query_ingesters_within, query_store_max_look_back_period, ...further } = others;
  const { delete_request_cancel_period, ...limitsConfig } = further;
  return stringify({
    target: "all",
    no_auth_tenant: "fake",
    server: {
      http_server_read_timeout: "30s",
      http_server_write_timeout: "30s",
      grpc_server_max_recv_msg_size,
    },
    querier: { query_ingesters_within },
    ingester: { chunk_idle_period: "30m0s", max_chunk_age, query_store_max_look_back_period },
    schema_config: { configs: [{ from: "2020-10-24", store: "tsdb", object_store: "filesystem" }] },
    compactor: {
      working_directory: "/loki/compactor",
      retention_enabled,
      delete_request_cancel_period,
    },
    limits_config: { ...limitsConfig, split_queries_by_interval: "1h" },
  });
}

/** `/config/tenant/v1/limits`. */
export const tenantLimitsYaml = (limits: LokiLimits): string =>
  stringify(Object.fromEntries(PUBLISHED.map((name) => [name, limits[name]])));

export const ns = (duration: string): bigint => parseDuration(duration);

/** `256KB` as Loki reads it: powers of 1024. 0: no limit. */
export function sizeOf(text: string): number {
  const [, digits = "0", unit = ""] = /^(\d+)\s*([KMG]?)B?$/.exec(text) ?? [];
  return Number(digits) * 1024 ** " KMG".indexOf(unit || " ");
}

/** A duration as Go's time.Duration prints it: `800h0m0s`. */
export function goDuration(duration: bigint): string {
  const seconds = duration / 1_000_000_000n;
  const [h, m, s] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return `${h > 0n ? `${h}h` : ""}${seconds >= 60n ? `${m}m` : ""}${s}s`;
}

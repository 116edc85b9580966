import { given, type Limit } from "contextcore";
import type { Server } from "./server/server.ts";
import {
  type PrometheusSettings,
  prometheusSettings,
  type TenantLimits,
  tenantLimits,
} from "./server/settings.ts";

/** What the limit does to an export or a restore at this value, and the value to set; nothing where it does nothing. */
type Effect = (value: string) => string | undefined;

const OFF = /^0+[a-z]*$/;

const unlessOff =
  (effect: string): Effect =>
  (value) =>
    OFF.test(value) ? undefined : effect;

const below =
  (usual: number, effect: string): Effect =>
  (value) =>
    Number(value) > 0 && Number(value) < usual ? effect : undefined;

const exactly =
  (bad: string, effect: string): Effect =>
  (value) =>
    value === bad ? effect : undefined;

/** Worth recording. What a read or a list is refused or cut by is no loss: it is asked again in parts, and counted. */
const recorded: Effect = () => undefined;

/** Zero is "none" for all but exemplars and samples out of order (pkg/util/validation/limits.go). */
const TENANT_LIMITS: Readonly<Record<string, Effect>> = {
  compactor_blocks_retention_period: recorded,
  max_query_lookback: unlessOff(
    "Data older than this cannot be read, and no export holds it: the start of a query is moved silently. 0s shows all.",
  ),
  max_total_query_length: recorded,
  max_labels_query_length: recorded,
  max_fetched_chunks_per_query: recorded,
  max_fetched_series_per_query: recorded,
  max_fetched_chunk_bytes_per_query: recorded,
  max_series_query_limit: recorded,
  max_label_values_limit: recorded,
  max_global_exemplars_per_user: exactly(
    "0",
    "No exemplars are kept, so neither has an export any nor does a restore bring them back. 100000 keeps so many.",
  ),
  out_of_order_time_window: (value) =>
    `Beside newer samples, those ${OFF.test(value) ? "an hour" : `more than ${value}`} older are refused when they are written back. For a restore set it to the age of the oldest one.`,
  past_grace_period: unlessOff(
    "Samples older than this are refused when they are written back. For a restore set 0s.",
  ),
  creation_grace_period: recorded,
  native_histograms_ingestion_enabled: exactly(
    "false",
    "Native histograms are dropped without an error when they are written back. For a restore set true.",
  ),
  ingestion_rate: recorded,
  ingestion_burst_size: recorded,
  max_global_series_per_user: unlessOff(
    "More series at once are refused when they are written back. For a restore of more set 0.",
  ),
  max_label_names_per_series: below(
    30,
    "Series with more labels are refused when they are written back. 30 is usual.",
  ),
  ruler_max_rules_per_rule_group: recorded,
  ruler_max_rule_groups_per_tenant: recorded,
};

const FLAGS: Readonly<Record<string, Effect>> = {
  "storage.tsdb.retention.time": recorded,
  "storage.tsdb.retention.size": recorded,
  "storage.remote.read-sample-limit": recorded,
  "storage.remote.read-concurrent-limit": recorded,
  "query.max-samples": recorded,
  "query.timeout": recorded,
  "web.enable-remote-write-receiver": recorded,
  "enable-feature": recorded,
};

/** Before 2.33 a feature took remote writes. */
const takesWrites = (flags: PrometheusSettings["flags"]): boolean =>
  flags["web.enable-remote-write-receiver"] === "true" ||
  (flags["enable-feature"] ?? "").split(",").includes("remote-write-receiver");

const NO_WRITES: Effect = () =>
  "No sample can be written back. For a restore start it with --web.enable-remote-write-receiver.";

/** What the server will clamp or refuse, as it says itself. */
export async function limits(server: Server, signal: AbortSignal): Promise<readonly Limit[]> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return fromTenant(await tenantLimits(server, signal));
  const { flags, outOfOrderWindow, retention } = await prometheusSettings(server, signal);
  const effects = takesWrites(flags) ? FLAGS : { ...FLAGS, "web.enable-remote-write-receiver": NO_WRITES };
  const shown = Object.entries(effects).map(([name, effect]) => limit(`--${name}`, flags[name], effect));
  const window = limit("storage.tsdb.out_of_order_time_window", outOfOrderWindow, recorded);
  return [...shown, ...window, ...limit("storageRetention", retention, recorded)].flat();
}

const fromTenant = (found: TenantLimits): Limit[] =>
  Object.entries(TENANT_LIMITS).flatMap(([name, effect]) => limit(`limits.${name}`, found[name], effect));

/** Nothing when the server does not say. */
function limit(setting: string, value: unknown, effectOf: Effect): Limit[] {
  if (value === undefined || value === "") return [];
  const effect = effectOf(String(value));
  return [{ setting, value: String(value), ...given({ effect }) }];
}

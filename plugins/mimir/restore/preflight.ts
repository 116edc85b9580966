import {
  formatDuration,
  ignoredTenant,
  NS_PER_SECOND,
  parseDuration,
  type RestoreDiagnostic,
  type RestorePlan,
} from "contextcore";
import { findExtent } from "../server/extent.ts";
import type { Server } from "../server/server.ts";
import {
  durationLimit,
  ignoresTenants,
  type PrometheusSettings,
  prometheusSettings,
  type TenantLimits,
  tenantLimits,
} from "../server/settings.ts";

const HOUR = 3_600n * NS_PER_SECOND;

/** How much older than its newest sample a sample may be for a server without an out-of-order window: half a head block. */
const HEAD_REACH = HOUR;

/** What the server would refuse, change or hide, with the setting to change. */
export async function preflight(
  server: Server,
  plan: RestorePlan,
  now: bigint,
  signal: AbortSignal,
): Promise<readonly RestoreDiagnostic[]> {
  const { flavour } = await server.identity(signal);
  const { newest } = await findExtent(server, now, signal);
  const facts = { plan, now, newest };
  if (flavour === "prometheus") return prometheusFindings(facts, await prometheusSettings(server, signal));
  const findings = tenantFindings(facts, await tenantLimits(server, signal));
  return [...(await tenantIgnored(server, signal)), ...findings];
}

async function tenantIgnored(server: Server, signal: AbortSignal): Promise<RestoreDiagnostic[]> {
  if (server.tenant === undefined || !(await ignoresTenants(server, signal))) return [];
  return [ignoredTenant("This server", server.tenant, "multitenancy_enabled: true")];
}

interface Facts {
  readonly plan: RestorePlan;
  readonly now: bigint;
  /** The newest sample that the server has, ns. */
  readonly newest: bigint | undefined;
}

const has = (plan: RestorePlan, path: string): boolean => plan.files.some((file) => file.path === path);

const hasHistograms = (plan: RestorePlan): boolean =>
  plan.files.some(({ counts }) => (counts.histograms ?? 0) > 0);

function prometheusFindings(facts: Facts, settings: PrometheusSettings): RestoreDiagnostic[] {
  const { plan } = facts;
  const { flags, outOfOrderWindow } = settings;
  const features = (flags["enable-feature"] ?? "").split(",");
  const findings: RestoreDiagnostic[] = [];
  if (flags["web.enable-remote-write-receiver"] !== "true" && !features.includes("remote-write-receiver")) {
    const message = "The server takes no remote writes, so no sample can be written back.";
    findings.push({ severity: "refuses", message, setting: "--web.enable-remote-write-receiver" });
  }
  const window = outOfOrderWindow === undefined ? 0n : parseDuration(outOfOrderWindow);
  findings.push(...lateFinding(facts, window, "storage.tsdb.out_of_order_time_window"));
  if (hasHistograms(plan) && "enable-feature" in flags && !features.includes("native-histograms")) {
    const message = "Unless it is version 3.8 or newer, the server refuses native histograms.";
    findings.push({ severity: "refuses", message, setting: "--enable-feature=native-histograms" });
  }
  if (has(plan, "mimir/exemplars.json") && !features.includes("exemplar-storage")) {
    const message = "The server keeps no exemplars.";
    findings.push({ severity: "hides", message, setting: "--enable-feature=exemplar-storage" });
  }
  findings.push(...retentionFinding(facts, settings.retention));
  if (plan.files.some(({ path }) => path.startsWith("mimir/rules") || path === "mimir/metadata.json")) {
    const message =
      "Rules and descriptions of metrics cannot be written to a Prometheus: it has them from its own files and from what it scrapes.";
    findings.push({ severity: "note", message });
  }
  return findings;
}

/** An empty server takes old samples in time order; one that has newer ones takes them only within its window. */
function lateFinding({ plan, newest, now }: Facts, window: bigint, setting: string): RestoreDiagnostic[] {
  if (newest === undefined) return [];
  const reach = newest - (window > HEAD_REACH ? window : HEAD_REACH);
  if (plan.range.from >= reach) return [];
  const hours = (now - plan.range.from) / HOUR + 1n;
  const allowed =
    window === 0n ? "takes no samples out of order" : `takes samples ${formatDuration(window)} late`;
  const message = `The server has newer samples and ${allowed}: what is older than an hour before them is refused.`;
  return [{ severity: "refuses", message, setting: `${setting}: ${hours}h` }];
}

function retentionFinding({ plan, now }: Facts, retention: string | undefined): RestoreDiagnostic[] {
  const [first = ""] = (retention ?? "").split(" or ");
  if (!/^\d[\dyywdhms]*$/.test(first)) return [];
  if (plan.range.from >= now - parseDuration(first)) return [];
  const message = `Samples older than ${first} are deleted again soon after they are written.`;
  return [{ severity: "hides", message, setting: "--storage.tsdb.retention.time" }];
}

function tenantFindings(facts: Facts, limits: TenantLimits): RestoreDiagnostic[] {
  const { plan, now } = facts;
  const findings = lateFinding(
    facts,
    durationLimit(limits, "out_of_order_time_window") ?? 0n,
    "limits.out_of_order_time_window",
  );
  const past = durationLimit(limits, "past_grace_period");
  if (past !== undefined && plan.range.from < now - past) {
    const message = `Samples older than ${limits.past_grace_period} are refused.`;
    findings.push({ severity: "refuses", message, setting: "limits.past_grace_period: 0s" });
  }
  const future = durationLimit(limits, "creation_grace_period");
  if (future !== undefined && plan.range.to > now + future) {
    const message = `Samples more than ${limits.creation_grace_period} in the future are refused.`;
    findings.push({ severity: "refuses", message, setting: "limits.creation_grace_period" });
  }
  if (hasHistograms(plan) && limits.native_histograms_ingestion_enabled === false) {
    const message = "Native histograms are dropped without an error.";
    findings.push({
      severity: "hides",
      message,
      setting: "limits.native_histograms_ingestion_enabled: true",
    });
  }
  if (has(plan, "mimir/exemplars.json") && limits.max_global_exemplars_per_user === 0) {
    const message = "The server keeps no exemplars.";
    findings.push({ severity: "hides", message, setting: "limits.max_global_exemplars_per_user: 100000" });
  }
  if (has(plan, "mimir/rules.json")) {
    const message =
      "The rules of a Prometheus were exported for reading only: they belong in its own rule files.";
    findings.push({ severity: "note", message });
  }
  findings.push(...rateFinding(plan, limits), ...lookbackFinding(facts, limits));
  return [...findings, ...ingestersFinding(facts, limits)];
}

function rateFinding(plan: RestorePlan, limits: TenantLimits): RestoreDiagnostic[] {
  const rate = limits.ingestion_rate;
  const samples = plan.files.reduce((sum, { counts }) => sum + (counts.samples ?? 0), 0);
  if (typeof rate !== "number" || rate <= 0 || samples / rate < 60) return [];
  const time = formatDuration(BigInt(Math.ceil(samples / rate)) * NS_PER_SECOND);
  const message = `At ${rate} samples a second, ${samples} samples take at least ${time}.`;
  return [{ severity: "note", message, setting: "limits.ingestion_rate, limits.ingestion_burst_size" }];
}

function lookbackFinding({ plan, now }: Facts, limits: TenantLimits): RestoreDiagnostic[] {
  const lookback = durationLimit(limits, "max_query_lookback");
  if (lookback === undefined || plan.range.from >= now - lookback) return [];
  const message = `Samples older than ${limits.max_query_lookback} are stored but cannot be read.`;
  return [{ severity: "hides", message, setting: "limits.max_query_lookback: 0s" }];
}

/** Older samples are looked for in the storage only, and what is written now is with the ingesters for hours. */
function ingestersFinding({ plan, now }: Facts, limits: TenantLimits): RestoreDiagnostic[] {
  const within = durationLimit(limits, "query_ingesters_within");
  if (within === undefined || plan.range.from >= now - within) return [];
  const age = formatDuration(within);
  const message = `Samples older than ${age} are not read, and count as missing, until the storage holds them: some hours, or about half an hour after POST /ingester/flush.`;
  return [{ severity: "hides", message, setting: "query_ingesters_within: 0s" }];
}

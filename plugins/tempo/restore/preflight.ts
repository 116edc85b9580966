import {
  formatDuration,
  type HttpClient,
  ignoredTenant,
  PluginError,
  type RestoreDiagnostic,
  type RestorePlan,
  toMs,
  toRfc3339,
} from "contextcore";
import type { Settings } from "../server/settings.ts";

interface PreflightOptions {
  readonly otlp: HttpClient;
  readonly settings: Settings;
  readonly now: bigint;
  readonly tenant: string | undefined;
}

/** What Tempo would refuse, cut or hide, each with the setting to change. */
export async function preflight(
  plan: RestorePlan,
  { otlp, settings, now, tenant }: PreflightOptions,
  signal: AbortSignal,
): Promise<RestoreDiagnostic[]> {
  return [
    ...(await unreachable(otlp, signal)),
    ...tenantIgnored(settings, tenant),
    ...hidden(plan, settings, now),
    ...expired(plan, settings, now),
    ...altered(settings),
    ...dropped(plan, settings),
    ...delayed(settings),
  ];
}

/** Checks without writing that the receiver is there: it refuses every method but POST. */
async function unreachable(otlp: HttpClient, signal: AbortSignal): Promise<RestoreDiagnostic[]> {
  try {
    await otlp.send({ method: "GET", path: "/v1/traces", signal });
    return [notTaking(otlp, "something answers, but not as an OTLP receiver does")];
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return error.status === METHOD_NOT_ALLOWED ? [] : [notTaking(otlp, error.message)];
  }
}

const METHOD_NOT_ALLOWED = 405;

const notTaking = (otlp: HttpClient, why: string): RestoreDiagnostic => ({
  severity: "refuses",
  message: `Nothing takes OTLP at ${otlp.url}/v1/traces: ${why}`,
  setting: "the option `otlpUrl`: Tempo's OTLP receiver over HTTP, port 4318",
});

function tenantIgnored({ known, hasTenants }: Settings, tenant: string | undefined): RestoreDiagnostic[] {
  if (tenant === undefined || !known || hasTenants) return [];
  return [ignoredTenant("This Tempo", tenant, "multitenancy_enabled: true")];
}

/** The block of an old span gets the time of its arrival, unless the slack is long enough. */
function hidden(
  { range }: RestorePlan,
  { ingestionSlack, slackSections }: Settings,
  now: bigint,
): RestoreDiagnostic[] {
  const age = now - range.from;
  if (age <= ingestionSlack) return [];
  const before = toRfc3339(now - ingestionSlack).replace(/\.\d+/, "");
  const slack = `ingestion_time_range_slack: ${hours(age)}h`;
  return [
    {
      severity: "hides",
      message: `Traces from before ${before} will be found by their id, but by no search by time and by no export through the API.`,
      setting: slackSections.map((section) => `${section}.${slack}`).join(", "),
    },
  ];
}

/** Measured with 3.0: a block is written within half a minute, and queries of old times look only into blocks they know. */
export const settlingMs = ({ blocklistPoll }: Settings): number => toMs(blocklistPoll) + 60_000;

function delayed({ blocklistPoll }: Settings): RestoreDiagnostic[] {
  if (toMs(blocklistPoll) < 60_000) return [];
  return [
    {
      severity: "note",
      message: `Restored traces show in searches and counts after up to ${formatDuration(blocklistPoll)}; the restore waits for them.`,
      setting: "storage.trace.blocklist_poll",
    },
  ];
}

/** A block that keeps the times of its spans is as old as they are. */
function expired(
  { range }: RestorePlan,
  { retention, ingestionSlack }: Settings,
  now: bigint,
): RestoreDiagnostic[] {
  const age = now - range.from;
  if (retention === undefined || retention === 0n || age <= retention || age > ingestionSlack) return [];
  return [
    {
      severity: "hides",
      message: `Traces older than ${formatDuration(retention)} are deleted again soon: Tempo keeps blocks no longer than that.`,
      setting: `compaction.block_retention: ${hours(age) + 24n}h`,
    },
  ];
}

const HOUR = 3_600_000_000_000n;
const hours = (ns: bigint): bigint => ns / HOUR + 2n;

function altered({ maxAttributeBytes }: Settings): RestoreDiagnostic[] {
  if (maxAttributeBytes === 0) return [];
  return [
    {
      severity: "alters",
      message: `Attributes longer than ${maxAttributeBytes} bytes are cut; the restore names the traces that have them.`,
      setting: "distributor.max_attribute_bytes",
    },
  ];
}

function dropped(
  { files }: RestorePlan,
  { maxTracesPerUser, maxBytesPerTrace }: Settings,
): RestoreDiagnostic[] {
  const traces = files.reduce((sum, { counts }) => sum + (counts.traces ?? 0), 0);
  const live: RestoreDiagnostic = {
    severity: "note",
    message: `Tempo takes ${maxTracesPerUser} traces at once and drops others although it answers 200: every trace is read back, and pushed again if it was dropped.`,
    setting: "overrides.defaults.ingestion.max_traces_per_user: 0",
  };
  const large: RestoreDiagnostic = {
    severity: "note",
    message: `Traces larger than ${maxBytesPerTrace} bytes are refused.`,
    setting: "overrides.defaults.global.max_bytes_per_trace: 0",
  };
  return [
    ...(maxTracesPerUser > 0 && traces > maxTracesPerUser ? [live] : []),
    ...(maxBytesPerTrace > 0 ? [large] : []),
  ];
}

/** What the server's own configuration says of what it keeps, clamps and refuses. */
import { type HttpClient, memberAt, parseYaml, settingsReader, undefinedOn } from "contextcore";

/** The limits in force for one tenant, with Tempo's own defaults where the server does not tell. */
export interface Settings {
  /** False: `/status/config` could not be read, and these are Tempo's defaults. */
  readonly known: boolean;
  /** How long blocks are kept, ns; absent: the server does not say. */
  readonly retention: bigint | undefined;
  /** The setting that says so. */
  readonly retentionSetting: string;
  /** Traces in one search answer, at most; 0: no limit. */
  readonly maxResultLimit: number;
  /** Longest range of one search, ns; 0: no limit. */
  readonly maxSearchDuration: bigint;
  /** Nothing newer than this is searched, ns. */
  readonly queryEndCutoff: bigint;
  /** Times older than this are searched only in the backend's blocks, ns. */
  readonly queryBackendAfter: bigint;
  /** The same of TraceQL metrics, ns. */
  readonly metricsBackendAfter: bigint;
  /** A trace is live, found by its id only, for at most so long, ns. */
  readonly maxTraceLive: bigint;
  /** How late spans may arrive for a live store's block to keep their times, ns; absent before version 3. */
  readonly liveStoreSlack: bigint | undefined;
  /** How old a live store's block may be, by its newest span, ns; absent before version 3. */
  readonly completeBlockTimeout: bigint | undefined;
  /** How often the server looks for traces that are no longer live, ns. */
  readonly flushCheckPeriod: bigint;
  /** Larger traces are not found by search and read in part, bytes; 0: no limit. */
  readonly maxBytesPerTrace: number;
  /** Spans that arrive later than this after their time are kept where no search with a range finds them, ns. */
  readonly ingestionSlack: bigint;
  /** The sections of the configuration in which it is set. */
  readonly slackSections: readonly string[];
  /** Blocks are found by queries of old times only after this, ns. */
  readonly blocklistPoll: bigint;
  /** Longer attribute values are cut when they are pushed, bytes. */
  readonly maxAttributeBytes: number;
  /** Live traces at once; pushes above it are answered with 200 and dropped. 0: no limit. */
  readonly maxTracesPerUser: number;
  /** Bytes a second, and at once, that may be pushed. */
  readonly rateLimitBytes: number;
  readonly burstSizeBytes: number;
  /** Longest range of a TraceQL metrics query, ns. */
  readonly maxMetricsDuration: bigint;
  /** False: the tenant that a request names is ignored. */
  readonly hasTenants: boolean;
  /** True: metrics queries count every span (3.0 and newer; before, only server spans, and only lately). */
  readonly countsSpans: boolean;
}

/** Reads `/status/config` and, where there is one, the tenant's overrides. A server that hides them gets the defaults. */
export async function readSettings(
  http: HttpClient,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<Settings> {
  const text = await page(http, "/status/config", signal);
  const overrides = await page(http, "/status/runtime_config", signal)
    .then(readDocument)
    .catch(() => undefined);
  return toSettings(readDocument(text), tenantOverrides(overrides, tenant ?? "single-tenant"));
}

/** The tenant that a request names, or the one of a server without tenants. */
function tenantOverrides(document: unknown, tenant: string): unknown {
  const all = memberAt(document, "overrides.overrides") ?? memberAt(document, "overrides");
  if (all === null || typeof all !== "object") return undefined;
  const byTenant: Readonly<Record<string, unknown>> = { ...all };
  return byTenant[tenant] ?? byTenant["*"];
}

async function page(http: HttpClient, path: string, signal: AbortSignal): Promise<string> {
  const text = http.send({ path, signal }).then((answer) => answer.text());
  return (await undefinedOn(text, "refused", "not-found", "invalid")) ?? "";
}

/** The page begins with `GET /status/config` and `---` before the YAML. */
const readDocument = (text: string): unknown => parseYaml(text.replace(/^(?:GET .*\n)?---\n/, ""));

function toSettings(config: unknown, overrides: unknown): Settings {
  const { number, duration } = settingsReader((...paths) => {
    const defaults = paths.map((path) => memberAt(config, path)).find((value) => value !== undefined);
    const own = paths.map((path) => memberAt(overrides, path.replace("overrides.defaults.", "")));
    return own.find((value) => value !== undefined) ?? defaults;
  });
  const known = memberAt(config, "query_frontend") !== undefined;
  const { live, slack, ...parts } = partsOf(config);
  const retention = ["overrides.defaults.compaction.block_retention", ...parts.retention];
  // A limit of 0 is left out of the page, so what is absent from a page that has the section is 0.
  const limited = memberAt(config, "overrides.defaults.ingestion") !== undefined;
  return {
    known,
    retention: duration(...retention),
    retentionSetting: retention.find((setting) => duration(setting) !== undefined) ?? parts.retention[0],
    maxResultLimit: number("query_frontend.search.max_result_limit") ?? (known ? 0 : 262_144),
    maxSearchDuration:
      duration("overrides.defaults.read.max_search_duration", "query_frontend.search.max_duration") ??
      168n * HOUR,
    queryEndCutoff: duration("query_frontend.query_end_cutoff") ?? 30n * SECOND,
    queryBackendAfter: duration("query_frontend.search.query_backend_after") ?? 900n * SECOND,
    metricsBackendAfter: duration("query_frontend.metrics.query_backend_after") ?? 900n * SECOND,
    liveStoreSlack: duration(`${live}.wal.ingestion_time_range_slack`),
    completeBlockTimeout: live === "live_store" ? duration("live_store.complete_block_timeout") : undefined,
    maxTraceLive: duration(`${live}.max_trace_live`, `${live}.trace_live_period`) ?? 30n * SECOND,
    flushCheckPeriod: duration(`${live}.flush_check_period`) ?? 10n * SECOND,
    maxBytesPerTrace: number("overrides.defaults.global.max_bytes_per_trace") ?? (limited ? 0 : 5_000_000),
    ingestionSlack:
      smallest(slack.map((section) => duration(`${section}.ingestion_time_range_slack`))) ?? 120n * SECOND,
    slackSections: [...new Set(["storage.trace.wal", ...slack])],
    blocklistPoll: duration("storage.trace.blocklist_poll") ?? 300n * SECOND,
    maxAttributeBytes:
      number("overrides.defaults.ingestion.max_attribute_bytes") ||
      (number("distributor.max_attribute_bytes") ?? 2048),
    maxTracesPerUser:
      number("overrides.defaults.ingestion.max_traces_per_user", "overrides.max_traces_per_user") ??
      (limited ? 0 : 10_000),
    rateLimitBytes: number("overrides.defaults.ingestion.rate_limit_bytes") ?? 30_000_000,
    burstSizeBytes: number("overrides.defaults.ingestion.burst_size_bytes") ?? 30_000_000,
    maxMetricsDuration: duration("query_frontend.metrics.max_duration") ?? 3n * HOUR,
    hasTenants: memberAt(config, "multitenancy_enabled") === true,
    countsSpans: known && memberAt(config, "metrics_generator.processor.local_blocks") === undefined,
  };
}

const SECOND = 1_000_000_000n;
const HOUR = 3_600n * SECOND;

/** Which sections of the page the running parts read. */
interface Parts {
  /** What holds the traces that are live. */
  readonly live: string;
  /** What writes blocks: the tightest slack hides. */
  readonly slack: readonly string[];
  /** What deletes blocks, the surest first. */
  readonly retention: readonly [string, ...string[]];
}

const VERSION_3: Parts = {
  live: "live_store",
  slack: ["live_store.wal", "block_builder.wal"],
  retention: [
    "backend_worker.compaction.block_retention",
    "backend_scheduler.provider.compaction.compaction.block_retention",
    "compaction.block_retention",
  ],
};

const VERSION_2: Parts = {
  live: "ingester",
  slack: ["storage.trace.wal"],
  retention: ["compactor.compaction.block_retention", "overrides.block_retention"],
};

/**
 * Versions 2.8 to 2.10 print the sections of the parts of version 3 as well, with their defaults, though only the target
 * `all-3.0` runs them. With `ingest.enabled` their block builders write blocks beside the ingesters. Source:
 * cmd/tempo/app/modules.go.
 */
function partsOf(config: unknown): Parts {
  const isTwo = memberAt(config, "ingester") !== undefined || memberAt(config, "compactor") !== undefined;
  if (!isTwo || memberAt(config, "target") === "all-3.0") return VERSION_3;
  const builds = memberAt(config, "ingest.enabled") === true;
  return builds ? { ...VERSION_2, slack: [...VERSION_2.slack, "block_builder.wal"] } : VERSION_2;
}

function smallest(values: readonly (bigint | undefined)[]): bigint | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => (a < b ? a : b));
}

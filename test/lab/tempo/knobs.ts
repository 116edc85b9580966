import { formatDuration } from "../../../src/units/duration.ts";

/** What a test may change about the lab's Tempo, at any time. Defaults are those of the recorded server. */
export interface TempoKnobs {
  /** Answers per search, at most; more is refused. */
  maxResultLimit: number;
  defaultResultLimit: number;
  /** Longest search, ns. */
  maxSearchDuration: bigint;
  /** Search and metrics never look at anything newer, ns. */
  queryEndCutoff: bigint;
  queryBackendAfter: bigint;
  /** Searches answer 200 with one job short of all. */
  neverCompletes: boolean;
  /** Larger traces are cut (v2), refused (v1) and skipped by search, bytes. */
  maxBytesPerTrace: number;
  /** Traces that may be live at once; what is above it is answered with 200 and dropped. 0: no limit. */
  maxTracesPerUser: number;
  /** How long after its last span a trace counts as live, ns. */
  traceIdle: bigint;
  /** Spans that arrive later than this after their time are stored, but no search with a range finds their trace, ns. */
  ingestionSlack: bigint;
  /** How long a pushed trace is live, which no search sees, ns. */
  writtenAfter: bigint;
  /** No trace is live longer than this, says the configuration, ns. */
  maxTraceLive: bigint;
  /** The list of blocks is read so often, and searches of old times know no block before; 0: at once. ns */
  blocklistPoll: bigint;
  /** A pushed trace of old times leaves the live store so long after it came, ns. */
  liveStoreKeeps: bigint;
  /** False: no querier answers here, as at the query frontend of a cluster. */
  querier: boolean;
  /** False: no `/metrics`. */
  ownMetrics: boolean;
  /** Longer attribute values are cut. */
  maxAttributeBytes: number;
  /** ns */
  blockRetention: bigint;
  /** False: an old server that has only `/api/traces`. */
  traceByIdV2: boolean;
  /** True: a 2.x server, which has `/flush`. */
  flush: boolean;
  /** False: no TraceQL metrics. */
  metrics: boolean;
  /** By trace id: answered with status PARTIAL, this message, and without its last span. */
  readonly partial: Map<string, string>;
  /** By trace id: how many more times it is read without its last span. */
  readonly short: Map<string, number>;
  /** Trace ids that search lists and reading by id does not find. */
  readonly hidden: Set<string>;
  /** Trace ids that cannot be read: 500 by id. */
  readonly unreadable: Set<string>;
  /** Trace ids whose part of a block is damaged: 500 to every call that comes upon it. */
  readonly damaged: Set<string>;
  /** The same where only the ids of spans are damaged, which counts do not read. */
  readonly torn: Set<string>;
  /** Trace ids that it cannot store: 500 to the push that holds one. */
  readonly untakable: Set<string>;
}

const HOUR = 3_600_000_000_000n;

export const defaultKnobs = (): TempoKnobs => ({
  maxResultLimit: 262_144,
  defaultResultLimit: 20,
  maxSearchDuration: 168n * HOUR,
  queryEndCutoff: 30_000_000_000n,
  queryBackendAfter: HOUR / 4n,
  neverCompletes: false,
  maxBytesPerTrace: 5_000_000,
  maxTracesPerUser: 10_000,
  traceIdle: 5_000_000_000n,
  ingestionSlack: 200n * HOUR,
  writtenAfter: 0n,
  maxTraceLive: 30_000_000_000n,
  blocklistPoll: 0n,
  liveStoreKeeps: HOUR / 3n,
  querier: true,
  ownMetrics: true,
  maxAttributeBytes: 2048,
  blockRetention: 336n * HOUR,
  traceByIdV2: true,
  flush: false,
  metrics: true,
  partial: new Map(),
  short: new Map(),
  hidden: new Set(),
  unreadable: new Set(),
  damaged: new Set(),
  torn: new Set(),
  untakable: new Set(),
});

/** `1h0m0s`, as Go writes a duration of whole seconds. */
export function goDuration(ns: bigint): string {
  if (ns < 1_000_000_000n) return formatDuration(ns);
  const seconds = ns / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  if (hours > 0n) return `${hours}h${minutes}m${seconds % 60n}s`;
  return minutes > 0n ? `${minutes}m${seconds % 60n}s` : `${seconds}s`;
}

/** `/status/config`: the sections that matter here, in the recorded server's form. */
export const configText = (knobs: TempoKnobs): string => `GET /status/config
---
target: all
http_api_prefix: ""
distributor:
    retry_after_on_resource_exhausted: 5s
    max_attribute_bytes: ${knobs.maxAttributeBytes}
query_frontend:
    search:
        concurrent_jobs: 1000
        target_bytes_per_job: 104857600
        default_result_limit: ${knobs.defaultResultLimit}
        max_result_limit: ${knobs.maxResultLimit}
        max_duration: ${goDuration(knobs.maxSearchDuration)}
        query_backend_after: ${goDuration(knobs.queryBackendAfter)}
        default_spans_per_span_set: 3
        max_spans_per_span_set: 100
    metrics:
        max_duration: 24h0m0s
        query_backend_after: 15m0s
    max_query_expression_size_bytes: 131072
    query_end_cutoff: ${goDuration(knobs.queryEndCutoff)}
metrics_generator:
    processor:
        service_graphs:
            wait: 10s
block_builder:
    wal:
        path: /var/tempo/bwal
        ingestion_time_range_slack: ${goDuration(knobs.ingestionSlack)}
storage:
    trace:
        wal:
            path: /var/tempo/wal
            ingestion_time_range_slack: ${goDuration(knobs.ingestionSlack)}
        backend: local
        local:
            path: /var/tempo/blocks
${
  knobs.blocklistPoll === 0n
    ? ""
    : `        blocklist_poll: ${goDuration(knobs.blocklistPoll)}
`
}overrides:
    defaults:
        ingestion:
            rate_strategy: local
            rate_limit_bytes: 500000000
            burst_size_bytes: 500000000
            max_traces_per_user: ${knobs.maxTracesPerUser}
        global:
            max_bytes_per_trace: ${knobs.maxBytesPerTrace}
backend_worker:
    compaction:
        block_retention: ${goDuration(knobs.blockRetention)}
        compacted_block_retention: 1h0m0s
live_store:
    wal:
        path: /var/tempo/lwal
        ingestion_time_range_slack: ${goDuration(knobs.ingestionSlack)}
    flush_check_period: ${goDuration(knobs.writtenAfter)}
    max_trace_live: ${goDuration(knobs.maxTraceLive)}
    max_trace_idle: ${goDuration(knobs.traceIdle)}
    max_block_duration: 30s
${
  knobs.blocklistPoll === 0n
    ? ""
    : `    complete_block_timeout: 20m0s
`
}`;

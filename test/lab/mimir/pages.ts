import { stringify } from "yaml";
import { notFound, success, yaml } from "./answers.ts";
import type { Flavour, MimirKnobs } from "./knobs.ts";
import type { Store } from "./store.ts";

export interface PageContext {
  readonly flavour: Flavour;
  readonly knobs: MimirKnobs;
  readonly store: Store;
  readonly multitenant: boolean;
  /** ms */
  readonly now: number;
}

type Page = (context: PageContext) => Response;

const VERSIONS = { mimir: "2.17.1", prometheus: "3.5.3", cortex: "1.19.0" };

const build = ({ flavour }: PageContext): Response =>
  success({
    ...(flavour === "mimir" ? { application: "Grafana Mimir" } : {}),
    version: VERSIONS[flavour],
    revision: "lab",
    branch: "main",
    buildUser: "",
    buildDate: "",
    goVersion: "go1.25.1",
    ...(flavour === "mimir"
      ? { features: { ruler_config_api: "true", alertmanager_config_api: "true" } }
      : {}),
  });

/** Go's durations: `2h0m0s`, `0s`. */
const duration = (ms: number): string => `${ms / 1000}s`;

const config = ({ knobs, flavour, multitenant }: PageContext): Response =>
  yaml(
    stringify({
      target: "all",
      multitenancy_enabled: multitenant,
      limits: {
        ingestion_rate: knobs.ingestionRate || 10_000,
        ingestion_burst_size: 200_000,
        max_global_series_per_user: 150_000,
        max_global_exemplars_per_user: knobs.maxExemplars,
        ...(flavour === "mimir"
          ? {
              native_histograms_ingestion_enabled: knobs.nativeHistograms,
              past_grace_period: duration(knobs.pastGracePeriod),
            }
          : {}),
        out_of_order_time_window: duration(knobs.outOfOrderTimeWindow),
        creation_grace_period: duration(knobs.creationGracePeriod),
        max_fetched_series_per_query: knobs.maxFetchedSeries,
        max_fetched_chunks_per_query: knobs.maxFetchedChunks,
        max_query_lookback: duration(knobs.maxQueryLookback),
        query_ingesters_within: duration(knobs.queryIngestersWithin),
        max_label_values_limit: knobs.maxLabelValues,
        compactor_blocks_retention_period: duration(knobs.retention),
      },
    }),
  );

const stats = ({ store }: PageContext): Response =>
  Response.json({
    ingestionRate: 0,
    numSeries: store.all().length,
    APIIngestionRate: 0,
    RuleIngestionRate: 0,
  });

/** Pages beside the API, by path. */
export const MIMIR_PAGES: Readonly<Record<string, Page>> = {
  "/ready": () => new Response("ready"),
  "/services": () =>
    new Response("<html><body>distributor ingester querier</body></html>", {
      headers: { "content-type": "text/html" },
    }),
  "/api/v1/status/buildinfo": build,
  "/prometheus/api/v1/status/buildinfo": build,
  "/prometheus/api/v1/status/config": () => success({}),
  "/prometheus/api/v1/status/flags": () => success({}),
  "/config": config,
  "/runtime_config": () => new Response("runtime config file doesn't exist"),
  "/api/v1/user_stats": stats,
  "/ingester/flush": ({ knobs }) => {
    knobs.queryIngestersWithin = 0;
    return new Response(null, { status: 204 });
  },
  "/metrics": ({ store }) => new Response(`cortex_ingester_memory_series ${store.all().length}\n`),
};

export const PROMETHEUS_PAGES: Readonly<Record<string, Page>> = {
  "/-/ready": () => new Response("Prometheus Server is Ready.\n"),
  "/api/v1/status/buildinfo": build,
  "/api/v1/status/config": ({ knobs }) => {
    const window = knobs.outOfOrderTimeWindow;
    const storage = window === 0 ? {} : { storage: { tsdb: { out_of_order_time_window: duration(window) } } };
    return success({ yaml: stringify({ global: { external_labels: knobs.externalLabels }, ...storage }) });
  },
  "/api/v1/status/flags": ({ knobs }) =>
    success({
      "web.enable-remote-write-receiver": String(knobs.remoteWriteReceiver),
      "web.enable-admin-api": String(knobs.adminApi),
      "enable-feature": knobs.nativeHistograms ? "native-histograms,exemplar-storage" : "",
      "storage.remote.read-sample-limit": "50000000",
      "storage.remote.read-concurrent-limit": "10",
      "query.max-samples": "50000000",
    }),
  "/api/v1/status/runtimeinfo": ({ knobs }) =>
    success({ storageRetention: `${knobs.retention / 86_400_000}d` }),
  "/api/v1/status/tsdb": ({ store }) => success({ headStats: { numSeries: store.all().length } }),
  "/metrics": ({ store }) => {
    const all = store.all();
    const oldest = all.reduce((least, { first }) => Math.min(least, first), 2 ** 63);
    const newest = all.reduce((most, { last }) => Math.max(most, last), -(2 ** 63));
    return new Response(
      `prometheus_tsdb_lowest_timestamp ${oldest}\nprometheus_tsdb_head_max_time ${newest}\nprometheus_tsdb_storage_blocks_bytes 0\n`,
    );
  },
  "/api/v1/rules": () => success({ groups: [] }),
};

export const page = (context: PageContext, path: string): Response => {
  const pages = context.flavour === "prometheus" ? PROMETHEUS_PAGES : MIMIR_PAGES;
  return pages[path]?.(context) ?? notFound();
};

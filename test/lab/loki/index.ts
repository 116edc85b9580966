/**
 * An in-memory Loki. What it answers, and in which words, was recorded from the real server
 * (test/recordings/loki.json); what the recordings do not show follows Loki's source at the version they name.
 */
import type { Face, FaceOptions } from "../face.ts";
import { compressed, httpError, noContent, plain } from "./answers.ts";
import { type Hole, holeAt, withHole } from "./border.ts";
import { DecodeError, decodePush, type PushedStream } from "./decode.ts";
import { carryOutDeletes, withoutDeleted } from "./deleted.ts";
import { handleDeletes } from "./deletes.ts";
import { type EntryList, toEntry } from "./entry.ts";
import { ingest, type PushAnswer } from "./ingest.ts";
import { type Labels, toLabels } from "./labels.ts";
import { configYaml, DEFAULT_LIMITS, type LokiLimits, tenantLimitsYaml } from "./limits.ts";
import { buildInfo } from "./metadata.ts";
import { readParameters } from "./parameters.ts";
import * as queries from "./queries.ts";
import { handleRules } from "./rules.ts";
import type { Store } from "./store.ts";
import { createTenants, type Tenant } from "./tenants.ts";
import type { IsUnreadable } from "./unreadable.ts";

export { seedLoki } from "./seed.ts";

export interface LokiOptions extends FaceOptions {
  readonly limits?: Partial<LokiLimits>;
  /** Requires X-Scope-OrgID and keeps tenants apart; default off, everyone is `fake`. */
  readonly authEnabled?: boolean;
  /** ns until what was pushed shows in queries and in counts alike. */
  readonly visibilityDelay?: bigint;
  /**
   * ns behind the border of `query_store_max_look_back_period` in which a query that reaches over it misses lines, for each
   * request under way.
   */
  readonly borderHole?: bigint;
  /** As a busy server does, spreads each stream's pushes over so many more streams with `__stream_shard__`. */
  readonly streamShards?: number;
  /** Keeps rules in local files, which the API does not write. */
  readonly localRules?: boolean;
  /** See {@link LokiKnobs}. */
  readonly isUnreadable?: LokiKnobs["isUnreadable"];
  /** Whether it knows `categorize-labels` (Loki 3 and newer); default true. */
  readonly categorizes?: boolean;
}

/** A stream whose entries are made up when they are read: its times must not decrease. */
export interface SyntheticStream {
  readonly length: number;
  /** ns */
  time(index: number): bigint;
  line(index: number): string;
  metadata?(index: number): Labels;
}

/** What fails, at any time. */
export interface LokiKnobs {
  /** What it cannot read, as of a damaged chunk: a query that comes upon it answers 500. Labels as text: `{app="web"}`. */
  isUnreadable?: IsUnreadable | undefined;
  /** Lines that it cannot store: 500 to the push that holds one. */
  failsToTake?: ((line: string) => boolean) | undefined;
}

export interface LokiFace extends Face {
  /** May be changed while it runs. */
  readonly limits: LokiLimits;
  /** May be changed while it runs. */
  readonly knobs: LokiKnobs;
  push(streams: readonly PushedStream[], tenant?: string): PushAnswer;
  addStream(labels: Readonly<Record<string, string>>, entries: SyntheticStream, tenant?: string): void;
  /** What it holds, for tests to compare with. */
  store(tenant?: string): Store;
}

const NO_TENANT = "fake";

export function createLoki(options: LokiOptions): LokiFace {
  const limits: LokiLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const tenantOf = createTenants(options.now);
  const nextShard = shardCycle(options.streamShards ?? 0);
  let underWay = 0;

  const push = (streams: readonly PushedStream[], tenant: Tenant): PushAnswer =>
    ingest(streams, {
      limits,
      now: options.now(),
      tenant: tenant.name,
      store: tenant.store,
      shard: nextShard,
      later: (work) => tenant.later(work, options.visibilityDelay ?? 0n),
      onFlush: tenant.onFlush,
    });

  const hole = (): Hole | undefined => holeAt(options.now(), limits, options.borderHole ?? 0n, underWay);
  const knobs: LokiKnobs = { isUnreadable: options.isUnreadable };
  const routes = createRoutes({ limits, options, knobs, push, hole });
  return {
    limits,
    knobs,
    push: (streams, tenant = NO_TENANT) => push(streams, tenantOf(tenant)),
    addStream: (labels, entries, tenant = NO_TENANT) =>
      tenantOf(tenant).store.add(toLabels(Object.entries(labels)), synthetic(entries)),
    store: (tenant = NO_TENANT) => tenantOf(tenant).store,
    async handle(request) {
      const name = options.authEnabled ? request.headers.get("x-scope-orgid") : NO_TENANT;
      const { pathname } = new URL(request.url);
      const handler = routes(pathname, request.method);
      if (handler === undefined) return httpError(404, "404 page not found");
      if (name === null && pathname.startsWith("/loki/")) return httpError(401, "no org id");
      const tenant = tenantOf(name ?? NO_TENANT);
      carryOutDeletes(tenant, limits, options.now());
      underWay += 1;
      try {
        return compressed(request, await handler(request, tenant));
      } finally {
        underWay -= 1;
      }
    },
  };
}

function shardCycle(shards: number): () => string {
  let pushes = 0;
  return () => {
    const shard = pushes++ % (shards + 1);
    return shard === 0 ? "" : String(shard);
  };
}

const synthetic = ({ length, time, line, metadata }: SyntheticStream): EntryList => ({
  length,
  time,
  entry: (index) => toEntry(time(index), line(index), metadata?.(index) ?? []),
});

type Handler = (request: Request, tenant: Tenant) => Promise<Response> | Response;

interface Parts {
  readonly limits: LokiLimits;
  readonly options: LokiOptions;
  readonly knobs: LokiKnobs;
  readonly push: (streams: readonly PushedStream[], tenant: Tenant) => PushAnswer;
  /** What a query that reaches over the border misses now. */
  readonly hole: () => Hole | undefined;
}

/** Finds who answers a path. */
function createRoutes(parts: Parts): (path: string, method: string) => Handler | undefined {
  const { limits, options, knobs, hole } = parts;
  const asking =
    (handler: (context: queries.QueryContext) => Response): Handler =>
    async (request, { store, deletes }) => {
      const categorize =
        options.categorizes !== false &&
        /categorize-labels/.test(request.headers.get("x-loki-response-encoding-flags") ?? "");
      const query = await readParameters(request);
      const now = options.now();
      const seen = withHole(withoutDeleted(store, deletes, limits, now), hole());
      return queries.answerQuery(handler, { store: seen, limits, now, query, categorize, ...knobs });
    };
  const fixed: Readonly<Record<string, Handler>> = {
    "/ready": () => plain("ready\n"),
    "/config": () => plain(configYaml(limits)),
    // Wants a tenant's name even where there are no tenants (pkg/loki/config_handler.go; measured).
    "/config/tenant/v1/limits": ({ headers }) =>
      headers.has("x-scope-orgid") ? plain(tenantLimitsYaml(limits)) : httpError(401, "no org id"),
    "/loki/api/v1/status/buildinfo": buildInfo,
    "/loki/api/v1/labels": asking(queries.labels),
    "/loki/api/v1/series": asking(queries.series),
    "/loki/api/v1/query": asking(queries.query),
    "/loki/api/v1/query_range": asking(queries.queryRange),
    "/loki/api/v1/index/stats": asking(queries.stats),
    "/loki/api/v1/index/volume": asking(queries.volume),
    "/loki/api/v1/format_query": asking(queries.formatQuery),
    "/loki/api/v1/tail": () => httpError(400, "Bad Request"),
    "/loki/api/v1/delete": (request, { deletes }) => handleDeletes(deletes, options.now(), request, limits),
  };
  return (path, method) => {
    if (method === "POST" && path === "/loki/api/v1/push")
      return (request, tenant) => pushed(parts, request, tenant);
    if (method === "POST" && path === "/flush") return flushed;
    const [, name] = /^\/loki\/api\/v1\/label\/([^/]+)\/values$/.exec(path) ?? [];
    if (name !== undefined) return asking(queries.labelValues(decodeURIComponent(name)));
    const [, rules] = /^\/loki\/api\/v1\/rules(\/.*)?$/.exec(path) ?? [];
    if (path.startsWith("/loki/api/v1/rules")) {
      return (request, tenant) =>
        options.localRules && request.method !== "GET"
          ? httpError(500, "SetRuleGroup unsupported in rule local store")
          : handleRules(tenant.rules, tenant.name, rules ?? "", request);
    }
    return fixed[path];
  };
}

function flushed(_: Request, tenant: Tenant): Response {
  tenant.flush();
  return noContent();
}

async function pushed({ push, knobs }: Parts, request: Request, tenant: Tenant): Promise<Response> {
  try {
    const streams = await decodePush(request);
    const isBad = streams.some(({ entries }) => entries.some(({ line }) => knobs.failsToTake?.(line)));
    if (isBad) return httpError(500, "rpc error: code = Unknown desc = runtime error");
    const { status, text } = push(streams, tenant);
    return status === 204 ? noContent() : httpError(status, text);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof RangeError) return httpError(400, error.message);
    throw error;
  }
}

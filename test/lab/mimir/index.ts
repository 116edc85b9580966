/**
 * An in-memory Mimir, Cortex or Prometheus: remote write in, remote read out, and as much of the API as the plugin and a person
 * with curl ask for. What it answers follows the servers' documentation and source.
 */
import { snappyDecompress } from "../../../plugins/mimir/wire/snappy.ts";
import { pathOf } from "../as-sent.ts";
import type { Face, FaceOptions } from "../face.ts";
import { failure, plain } from "./answers.ts";
import { type GeneratedOptions, generatedSeries } from "./generated.ts";
import { ingest, type Written } from "./ingest.ts";
import { DEFAULT_KNOBS, FLAVOURS, type Flavour, type MimirKnobs } from "./knobs.ts";
import { page } from "./pages.ts";
import { ENDPOINTS, labelValues } from "./query-api.ts";
import { remoteRead } from "./remote-read.ts";
import { configApi } from "./rules.ts";
import { createStore, keyOf, type Store } from "./store.ts";
import { Unreadable, withUnreadable } from "./unreadable.ts";
import { readWriteRequest } from "./write-request.ts";

export { seedMimir } from "./seed.ts";

export interface MimirOptions extends FaceOptions {
  /** Default `mimir`. */
  readonly flavour?: Flavour;
  readonly limits?: Partial<MimirKnobs>;
  /** Requires X-Scope-OrgID and keeps tenants apart; default off, everyone is `anonymous`. */
  readonly multitenant?: boolean;
}

export interface MimirFace extends Face {
  /** May be changed while it runs. */
  readonly knobs: MimirKnobs;
  readonly flavour: Flavour;
  /** Takes samples without asking whether they are late. */
  put(series: readonly Written[], tenant?: string): void;
  /** Adds a series that is made up when it is read. */
  generate(options: GeneratedOptions, tenant?: string): void;
  store(tenant?: string): Store;
}

const NO_TENANT = "anonymous";

export function createMimir(options: MimirOptions): MimirFace {
  const flavour = options.flavour ?? "mimir";
  const knobs: MimirKnobs = { ...DEFAULT_KNOBS, ...FLAVOURS[flavour], ...options.limits };
  const stores = new Map<string, Store>();
  const storeOf = (tenant = NO_TENANT): Store => {
    const store = stores.get(tenant) ?? createStore();
    stores.set(tenant, store);
    return store;
  };
  const now = (): number => Number(options.now() / 1_000_000n);

  return {
    knobs,
    flavour,
    store: storeOf,
    put(series, tenant) {
      for (const { labels, points } of series) {
        for (const point of points) storeOf(tenant).series(labels).add(point);
      }
    },
    generate: (generated, tenant) => storeOf(tenant).add(generatedSeries(generated)),
    async handle(request) {
      const listed = flavour === "prometheus" ? undefined : tenantPage(request, [...stores.keys()]);
      if (listed !== undefined) return listed;
      const tenant = options.multitenant ? request.headers.get("x-scope-orgid") : NO_TENANT;
      if (tenant === null) return plain(401, "no org id");
      const { multitenant = false } = options;
      const store = withUnreadable(storeOf(tenant), knobs);
      return answer({ flavour, knobs, store, tenant, multitenant, now: now() }, request);
    },
  };
}

/** Both are asked without a tenant: JSON where it is accepted (pkg/distributor/http_admin.go). */
function tenantPage(request: Request, tenants: readonly string[]): Response | undefined {
  const { pathname } = new URL(request.url);
  if (pathname === "/store-gateway/tenants") return Response.json({ tenants });
  if (pathname !== "/distributor/all_user_stats") return undefined;
  if (!/json/.test(request.headers.get("accept") ?? "")) return new Response("<html></html>");
  return Response.json(tenants.map((userID) => ({ userID, ingestionRate: 0, numSeries: 1 })));
}

interface Situation {
  readonly flavour: Flavour;
  readonly knobs: MimirKnobs;
  readonly store: Store;
  readonly tenant: string;
  readonly multitenant: boolean;
  readonly now: number;
}

async function answer(situation: Situation, request: Request): Promise<Response> {
  const { flavour, knobs, store, now } = situation;
  const pathname = pathOf(request);
  const prefix = flavour === "prometheus" ? "/api/v1" : "/prometheus/api/v1";
  if (pathname === `${prefix}/read` && knobs.remoteRead !== "none")
    return remoteRead(store, knobs, now, request);
  if (pathname === (flavour === "prometheus" ? "/api/v1/write" : "/api/v1/push"))
    return write(situation, request);
  if (flavour !== "prometheus") {
    const configured = await configApi(store, request);
    if (configured !== undefined) return configured;
  }
  if (pathname.startsWith(prefix)) {
    const api = await apiAnswer(situation, request, pathname.slice(prefix.length));
    if (api !== undefined) return api;
  }
  return page(situation, pathname);
}

async function apiAnswer(
  situation: Situation,
  request: Request,
  path: string,
): Promise<Response | undefined> {
  const values = /^\/label\/([^/]+)\/values$/.exec(path)?.[1];
  const endpoint = ENDPOINTS[path];
  if (values === undefined && endpoint === undefined) return undefined;
  const parameters = new URL(request.url).searchParams;
  if (request.method === "POST") {
    for (const [name, value] of new URLSearchParams(await request.text())) parameters.append(name, value);
  }
  const context = { ...situation, parameters };
  try {
    return values === undefined ? endpoint?.(context) : labelValues(context, decodeURIComponent(values));
  } catch (error) {
    if (error instanceof Unreadable) return failure(500, "internal", error.message);
    return failure(400, "bad_data", error instanceof Error ? error.message : String(error));
  }
}

const isUntakable = ({ labels, points }: Written, { failsToTake }: MimirKnobs): boolean =>
  failsToTake !== undefined &&
  points.some(({ time }) => failsToTake(JSON.stringify(Object.fromEntries(labels)), time));

async function write(situation: Situation, request: Request): Promise<Response> {
  const { flavour, knobs, store } = situation;
  if (flavour === "prometheus" && !knobs.remoteWriteReceiver) {
    const text = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";
    return plain(404, text);
  }
  const { series, metadata } = readWriteRequest(
    snappyDecompress(new Uint8Array(await request.arrayBuffer())),
  );
  if (series.some((one) => isUntakable(one, knobs)))
    return plain(500, "rpc error: code = Unknown desc = runtime error");
  const refusal = ingest(store, series, { flavour, knobs, now: situation.now, tenant: situation.tenant });
  if (refusal !== undefined) return plain(refusal.status, refusal.text);
  // Without a sample or a description Mimir drops the rest, and says nothing.
  const isDropped =
    flavour === "mimir" && metadata.size === 0 && series.every(({ points }) => points.length === 0);
  for (const { labels, exemplars } of isDropped ? [] : series) {
    const known = store.exemplars.get(keyOf(labels))?.list ?? [];
    const fresh = exemplars.filter(({ time }) => time > (known.at(-1)?.time ?? Number.NEGATIVE_INFINITY));
    if (fresh.length > 0) store.exemplars.set(keyOf(labels), { labels, list: [...known, ...fresh] });
  }
  if (flavour !== "prometheus")
    for (const [name, description] of metadata) store.metadata.set(name, description);
  return new Response(null, { status: flavour === "prometheus" ? 204 : 200 });
}

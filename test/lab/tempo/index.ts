/** An in-memory Tempo: what the recorded server answers, with knobs for what goes wrong. */
import type { Face, FaceOptions } from "../face.ts";
import { configText, defaultKnobs, type TempoKnobs } from "./knobs.ts";
import { searchLive } from "./live.ts";
import { metricsQuery } from "./metrics.ts";
import { receive } from "./otlp.ts";
import { ownMetrics } from "./places.ts";
import { BadRequest, search } from "./search.ts";
import { SERVICES } from "./services.ts";
import type { TempoState } from "./state.ts";
import { createTraceStore, type StoredTrace } from "./store.ts";
import { tags, tagValues } from "./tags.ts";
import { traceV1, traceV2 } from "./trace-by-id.ts";
import { TraceQlError } from "./traceql.ts";

export { bulkTraces } from "./bulk.ts";
export { seedTempo } from "./seed.ts";

export interface TempoFace extends Face {
  /** `POST /v1/traces`. */
  readonly otlp: Face;
  readonly knobs: TempoKnobs;
  /** Puts traces in as if they had been there for long: no limit applies. They may be made on demand. */
  add(traces: Iterable<StoredTrace>): void;
  /** How many traces it holds. */
  readonly size: number;
  /** All of them, by id. */
  all(): readonly StoredTrace[];
}

export function createTempo(options: FaceOptions & { limits?: Partial<TempoKnobs> }): TempoFace {
  const state: TempoState = {
    now: options.now,
    knobs: { ...defaultKnobs(), ...options.limits },
    store: createTraceStore(),
    unsearchable: new Set(),
    pieces: new Map(),
    live: new Map(),
  };
  return {
    handle: (request) => guarded(() => route(request, state)),
    otlp: {
      handle: (request) =>
        new URL(request.url).pathname === "/v1/traces"
          ? receive(request, state)
          : Promise.resolve(notFound()),
    },
    knobs: state.knobs,
    add(traces) {
      for (const trace of traces) state.store.put(trace);
    },
    get size() {
      return state.store.all().length;
    },
    all: state.store.all,
  };
}

async function guarded(answer: () => Response): Promise<Response> {
  try {
    return answer();
  } catch (error) {
    if (error instanceof BadRequest || error instanceof TraceQlError) return text(error.message, 400);
    return text(String(error), 500);
  }
}

const text = (body: string, status = 200, type = "text/plain; charset=utf-8"): Response =>
  new Response(body, { status, headers: { "content-type": type } });

const notFound = (): Response => text("404 page not found\n", 404);

type Answer = (params: URLSearchParams, state: TempoState, request: Request) => Response;

const PAGES: Readonly<Record<string, Answer>> = {
  "/ready": () => text("ready\n"),
  "/api/echo": () => text("echo\n"),
  "/api/status/buildinfo": () =>
    Response.json({
      version: "3.1.0-lab",
      revision: "",
      branch: "",
      buildUser: "",
      buildDate: "",
      goVersion: "go1.26.10",
    }),
  "/status/config": (_, { knobs }) => text(configText(knobs), 200, "text/plain"),
  "/status/services": () => text(SERVICES, 200, "text/plain"),
  "/flush": (_, { knobs }) => (knobs.flush ? new Response(null, { status: 204 }) : notFound()),
  "/metrics": (_, state) => (state.knobs.ownMetrics ? text(ownMetrics(state)) : notFound()),
  "/api/search": search,
  "/querier/api/search": searchLive,
  "/api/v2/search/tags": tags,
  "/api/metrics/query": (params, state) => (state.knobs.metrics ? metricsQuery(params, state) : notFound()),
};

function route(request: Request, state: TempoState): Response {
  const { pathname, searchParams } = new URL(request.url);
  const page = PAGES[pathname];
  if (page !== undefined) return page(searchParams, state, request);
  const [, version, id] = /^\/api\/(v2\/)?traces\/([^/]+)$/.exec(pathname) ?? [];
  if (id !== undefined && version === undefined) return traceV1(id, request, state);
  if (id !== undefined && state.knobs.traceByIdV2) return traceV2(id, request, state);
  const tag = /^\/api\/v2\/search\/tag\/([^/]+)\/values$/.exec(pathname)?.[1];
  return tag === undefined ? notFound() : tagValues(decodeURIComponent(tag), searchParams, state);
}

/**
 * The lab's Grafana: answers as Grafana 13 (or an older one) does, from memory.
 * Its shapes are those of the published OpenAPI description; `test/plugins/grafana/shapes.test.ts` holds it to them.
 */
import { parseExact } from "../../../src/units/exact-json.ts";
import { pathOf } from "../as-sent.ts";
import type { Face, FaceOptions } from "../face.ts";
import { type Account, ADMIN, authenticate, type Role } from "./access.ts";
import { adminRoutes } from "./admin.ts";
import { alertRuleRoutes } from "./alert-rules.ts";
import { annotationRoutes } from "./annotations.ts";
import { dashboardRoutes } from "./dashboards.ts";
import { dataSourceRoutes } from "./datasources.ts";
import { folderRoutes } from "./folders.ts";
import { type GrafanaKnobs, withKnobs } from "./knobs.ts";
import { libraryRoutes } from "./library.ts";
import { notificationRoutes } from "./notifications.ts";
import { playlistRoutes } from "./playlists.ts";
import { fields, json, page, Refusal, refuse } from "./reply.ts";
import { resourceRoutes } from "./resources.ts";
import { createRouter, type Server } from "./router.ts";
import { searchRoutes } from "./search.ts";
import { createStore, type Fields, type Store } from "./store.ts";

export type { Account } from "./access.ts";
export { seedGrafana } from "./seed.ts";

export interface GrafanaOptions extends FaceOptions {
  /** Before 12 there is no `/apis`. Default `13.1.0`. */
  readonly version?: string;
  /** The role of callers without credentials, `false`: there is none. Default Admin, as in a stack for development. */
  readonly anonymous?: Role | false;
  /** Besides the administrator `admin` with the password `admin`. */
  readonly accounts?: readonly Account[];
  /** The most of each kind, e.g. `{ org_dashboard: 10 }`. */
  readonly quotas?: Readonly<Record<string, number>>;
}

export interface GrafanaFace extends Face {
  readonly store: Store;
  /** May be changed while it runs. */
  readonly knobs: GrafanaKnobs;
  readonly version: string;
}

const routes = {
  ...adminRoutes,
  ...searchRoutes,
  ...folderRoutes,
  ...dashboardRoutes,
  ...dataSourceRoutes,
  ...notificationRoutes,
  ...alertRuleRoutes,
  ...libraryRoutes,
  ...annotationRoutes,
  ...playlistRoutes,
};

const oldApi = createRouter(routes);
const newApi = createRouter({ ...routes, ...resourceRoutes });

/** A Grafana without data, as after its first start. */
export function createGrafana(options: GrafanaOptions): GrafanaFace {
  const { now, version = "13.1.0", anonymous = "Admin", accounts = [], quotas } = options;
  const server: Server = {
    store: createStore(),
    now,
    version,
    major: Number(version.split(".")[0]),
    ...(quotas === undefined ? {} : { quotas }),
  };
  const route = server.major >= 12 ? newApi : oldApi;

  const answer = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    const pathname = pathOf(request);
    if (pathname === "/api/health") return json({ database: "ok", version, commit: "0000000" });
    if (!/^\/apis?(\/|$)/.test(pathname)) return page();
    const account = authenticate(request, [ADMIN, ...accounts], anonymous);
    const found = isAbsent(server, pathname) ? undefined : route(request.method, pathname);
    if (found === undefined) throw refuse(404, "Not found");
    const { handler, params } = found;
    return handler({
      request,
      params,
      query: searchParams,
      body: await bodyOf(request, server),
      account,
      server,
    });
  };

  const knobs: GrafanaKnobs = {};
  return {
    store: server.store,
    version,
    knobs,
    handle: (request) => withKnobs(knobs, request, (one) => answer(one).catch(refused)),
  };
}

/** What came with the alerting of 9, and library panels with 8. */
const isAbsent = ({ major }: Server, path: string): boolean =>
  (major < 9 && /^\/api\/(v1\/provisioning|ruler)\//.test(path)) ||
  (major < 8 && path.startsWith("/api/library-elements"));

function refused(error: unknown): Response {
  if (error instanceof Refusal) return json(error.body, error.status);
  return json({ message: "Internal server error", error: String(error) }, 500);
}

/** Before 12 numbers are stored as they were written, since then as doubles. */
async function bodyOf(request: Request, { major }: Server): Promise<Fields> {
  const source = await request.text();
  if (source === "") return {};
  try {
    return fields(major < 12 ? parseExact(source) : JSON.parse(source));
  } catch {
    throw refuse(400, "bad request data");
  }
}

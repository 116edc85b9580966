import type { Account } from "./access.ts";
import type { Fields, Store } from "./store.ts";

/** One call that reached a handler. */
export interface Call {
  readonly request: Request;
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as a JSON object; empty when there is none. */
  readonly body: Fields;
  readonly account: Account;
  readonly server: Server;
}

/** What all handlers share. */
export interface Server {
  readonly store: Store;
  /** ns */
  readonly now: () => bigint;
  readonly version: string;
  /** The first number of the version. */
  readonly major: number;
  /** The most of each kind that the organisation may have: `org_dashboard`, `org_data_source`. Absent: no quotas. */
  readonly quotas?: Readonly<Record<string, number>>;
}

export type Handler = (call: Call) => Response;

/** `"GET /api/folders/:uid"` to its handler. */
export type Routes = Readonly<Record<string, Handler>>;

interface Found {
  readonly handler: Handler;
  readonly params: Record<string, string>;
}

/** Finds the handler for a method and a path; a route with fewer parameters wins. */
export function createRouter(routes: Routes): (method: string, path: string) => Found | undefined {
  const table = Object.entries(routes)
    .map(([route, handler]) => {
      const [method = "", path = ""] = route.split(" ");
      return { method, parts: path.split("/"), handler };
    })
    .sort((a, b) => parameters(a.parts) - parameters(b.parts));
  return (method, path) => {
    const parts = path.replace(/\/$/, "").split("/");
    for (const route of table) {
      const params = route.method === method ? match(route.parts, parts) : undefined;
      if (params !== undefined) return { handler: route.handler, params };
    }
    return undefined;
  };
}

const parameters = (parts: readonly string[]): number => parts.filter((part) => part.startsWith(":")).length;

function match(route: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (route.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of route.entries()) {
    const value = path[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/** The time now as the server writes it: RFC 3339, whole seconds. */
export const timestamp = (server: Server): string =>
  `${new Date(Number(server.now() / 1_000_000n)).toISOString().slice(0, 19)}Z`;

/** Rows of the page that `limit` and `page` (from 1) ask for. */
export function pageOf<Row>(rows: readonly Row[], limit: number, page: number): Row[] {
  const start = (Math.max(page, 1) - 1) * limit;
  return rows.slice(start, start + limit);
}

export const queryNumber = (query: URLSearchParams, name: string): number =>
  Number(query.get(name) ?? 0) || 0;

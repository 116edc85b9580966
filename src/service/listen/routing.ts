/** Which route a request means. */
import { HttpError } from "./problem.ts";
import type { Route } from "./route.ts";

/** The route, and what stands in its path. */
export interface Routed {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Longer than any path that is meant. */
const PATH_MAX = 1_024;

/** Finds the route of a method and a path. @throws HttpError 404, 405 with the methods that there are, 414 or 400 */
export function routing(routes: readonly Route[]): (method: string, path: string) => Routed {
  const known = routes.map((route) => ({ route, parts: route.path.split("/") }));
  return (method, path) => {
    if (path.length > PATH_MAX) throw new HttpError(414, `the path is longer than ${PATH_MAX} characters`);
    const parts = path.split("/").map(decoded);
    const fitting = known.flatMap(({ route, parts: pattern }) => {
      const params = matched(pattern, parts);
      return params === undefined ? [] : [{ route, params }];
    });
    // A word that stands in the path is meant rather than one that may be any.
    const [best] = fitting.sort((a, b) => count(a.params) - count(b.params));
    if (best === undefined)
      throw new HttpError(404, `there is nothing at ${path}`, "GET /api/v1/openapi.json lists what there is");
    const same = fitting.filter(({ params }) => count(params) === count(best.params));
    const found = same.find(({ route }) => route.method === (method === "HEAD" ? "GET" : method));
    if (found !== undefined) return found;
    const allowed = same.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
    throw new HttpError(405, `${method} is not for ${path}`, `it answers ${allowed.join(", ")}`, {
      Allow: allowed.join(", "),
    });
  };
}

const count = (params: object): number => Object.keys(params).length;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, `the path holds ${JSON.stringify(part)}, which is not encoded as UTF-8`);
  }
}

function matched(
  pattern: readonly string[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const named = pattern.flatMap((word, at) =>
    word.startsWith(":") ? [[word.slice(1), parts[at] ?? ""]] : [],
  );
  const fits = pattern.every((word, at) => (word.startsWith(":") ? parts[at] !== "" : word === parts[at]));
  return fits ? Object.fromEntries(named) : undefined;
}

/** What a request to the relay means: whose token is in its path, which upstream, and which address there. */
import { dialectOf } from "../../activity/stream/exchange.ts";
import type { Upstream } from "../../config/upstreams.ts";
import { listed } from "../../units/words.ts";
import { HttpError } from "../listen/problem.ts";

/** Below which everything is the relay's. */
export const RELAY = "/relay/";

/** See {@link relayTarget}. */
export interface RelayTarget {
  readonly upstream: Upstream;
  readonly url: string;
  /** The path by which it is read; absent where no model is asked. */
  readonly asks?: string;
}

/** `/relay/t/TOKEN/openai/v1/models`: `TOKEN`, and the rest. */
export function tokenInPath(pathname: string): { readonly token?: string; readonly rest: string } {
  const inside = pathname.slice(RELAY.length);
  const [, token, rest] = /^t\/([^/]*)\/?(.*)$/s.exec(inside) ?? [];
  return token === undefined ? { rest: inside } : { token, rest: rest ?? "" };
}

/** The path as it may be told: a token in it is not. */
export const withoutToken = (pathname: string): string => {
  const { token, rest } = tokenInPath(pathname);
  return token === undefined ? pathname : `${RELAY}t/…/${rest}`;
};

/**
 * @param rest what follows in the path, without a token: the upstream's name, and the path there
 * @param search the query, which goes along as it is
 * @throws HttpError 404 for what is no upstream, 400 for a path that leads out of it
 */
export function relayTarget(
  upstreams: ReadonlyMap<string, Upstream>,
  method: string,
  { rest, search }: { readonly rest: string; readonly search: string },
): RelayTarget {
  const [, name = "", path = ""] = /^([^/]*)(.*)$/s.exec(rest) ?? [];
  const upstream = upstreams.get(name);
  if (upstream === undefined)
    throw new HttpError(
      404,
      `the relay has no upstream ${JSON.stringify(name)}, but ${listed([...upstreams.keys()])}`,
      "others stand below `activity.upstreams`",
    );
  requireInside(path);
  const isNoted = method === "POST" && isReadable(upstream, path);
  const url = `${upstream.url}${path || "/"}${search}`;
  return isNoted ? { upstream, url, asks: path } : { upstream, url };
}

/** In OpenAI's interfaces messages are something else. */
const isReadable = ({ api }: Upstream, path: string): boolean =>
  !(api === "openai" && path.endsWith("/messages")) && dialectOf(path) !== undefined;

/** The address is put together as text: nothing in it may be read as another host, or as a way up, here or there. */
function requireInside(path: string): void {
  const plain = decoded(path);
  const parts = plain.split(/[/\\]/);
  const isWay = parts.some((part) => /^\.{1,2}(;|$)/.test(part));
  if (!isWay && !/\p{Cc}/u.test(plain) && !path.includes("\\") && !path.startsWith("//")) return;
  throw new HttpError(400, "this path leads out of the upstream");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new HttpError(400, "the path is not encoded as UTF-8");
  }
}

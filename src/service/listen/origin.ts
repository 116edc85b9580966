/** Where a request comes from, and which host it asks: a foreign page must not reach the service through a visitor's browser. */
import { isIP } from "node:net";
import { isLoopback } from "../../agreement/loopback.ts";
import type { ListenAddress } from "../../config/service.ts";
import { HttpError } from "./problem.ts";
import { isTrusted, type TrustedProxies } from "./proxies.ts";

/** Who is on the other end, as far as that can be believed. */
export interface Sender {
  /** The caller's address, behind a proxy that is trusted as that says. */
  readonly client: string;
  /** On this machine, and not through a proxy. */
  readonly isLocal: boolean;
  /** The caller's own connection is encrypted. */
  readonly isSecure: boolean;
}

/** How the service is reach. */
export interface Reach {
  readonly address: ListenAddress;
  /** Names that it answers to beside its address. */
  readonly hosts: readonly string[];
  readonly isTls: boolean;
  readonly proxies: TrustedProxies;
  /** Whose programs may ask without TLS. */
  readonly plain: TrustedProxies;
}

/** @param address of the connection's other end @throws HttpError when only a proxy may ask, and this is none */
export function senderOf(
  headers: Headers,
  address: string,
  { address: own, isTls, proxies, plain }: Reach,
): Sender {
  const isHere = isLoopback(address.includes(":") ? `[${address}]` : address);
  if (isTrusted(address, proxies)) {
    const client = headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
    const isSecure = isTls || headers.get("x-forwarded-proto")?.trim().toLowerCase() === "https";
    return { client: isIP(client) === 0 ? address : client, isLocal: false, isSecure };
  }
  if (!isHere && !isTls && !isLoopback(own.host) && !isTrusted(address, plain))
    throw new HttpError(
      403,
      "without TLS this address answers its proxy only",
      "the addresses of proxies stand in `service.trusted_proxy`",
    );
  return { client: address, isLocal: isHere && !isForwarded(headers), isSecure: isTls };
}

/** A proxy on this machine that nobody has declared asks for somebody who may be anywhere. */
const isForwarded = (headers: Headers): boolean =>
  ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"].some((name) => headers.has(name));

/**
 * A name that somebody else's name server leads here is none of ours: such a request is a foreign page's.
 * @throws HttpError
 */
export function requireHost(headers: Headers, { address, hosts }: Reach): void {
  const host = hostName(headers.get("host") ?? "");
  if (host !== undefined && (hosts.includes(host) || isOwn(host, address))) return;
  throw new HttpError(
    421,
    `this service is not called ${headers.get("host") ?? "nothing"}`,
    "the names that it answers to stand in `service.hosts`",
  );
}

function isOwn(host: string, { host: own }: ListenAddress): boolean {
  if (host === own) return true;
  if (isLoopback(host)) return isLoopback(own) || isWildcard(own);
  return isWildcard(own) && /^(\[[\da-f:.]+\]|\d+\.\d+\.\d+\.\d+)$/.test(host);
}

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "[::]";

/** In lower case, without its port. `undefined`: not a host's name. */
export function hostName(text: string): string | undefined {
  const [, name] = /^(\[[\da-f:.]{2,45}\]|[\w.-]{1,253})(?::\d{1,5})?$/i.exec(text) ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

/**
 * What changes something must come from the service's own page, or from a program.
 * @param byCookie a browser adds the session's cookie to whatever a page sends: then it must say which page @throws HttpError
 */
export function requireOrigin(headers: Headers, isSecure: boolean, byCookie: boolean): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const own = `${isSecure ? "https" : "http"}://${headers.get("host")?.toLowerCase()}`;
  const isForeign = site !== null && site !== "same-origin" && site !== "none";
  if (origin === null ? byCookie || isForeign : isForeign || origin.toLowerCase() !== own)
    throw new HttpError(
      403,
      `this request comes from ${origin ?? "an unknown page"}, which is not this service's own`,
      "programs send no Origin, and a token as `Authorization: Bearer`",
    );
}

/** A browser says whose page asks; where only programs ask, no page has business. @throws HttpError 403 */
export function requireProgram(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  if (headers.get("origin") === null && (site === null || site === "none")) return;
  throw new HttpError(403, "this is for programs, and not for pages of browsers");
}

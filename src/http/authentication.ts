import { given } from "../units/given.ts";
/** How to reach one server; the option names are those of `option.serverOptions`. */
export interface ServerOptions {
  readonly url: string;
  readonly tenant?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A PEM file with further certificate authorities. */
  readonly ca?: string | undefined;
  /** A duration such as `5m`. */
  readonly timeout?: string | undefined;
}

/** Headers sent with every call. Credentials may also be in the URL; an explicit token wins. */
export function standingHeaders(options: ServerOptions): Record<string, string> {
  return {
    ...given({ "X-Scope-OrgID": options.tenant }),
    ...authorization(options),
    ...options.headers,
  };
}

/** Every value that must never be shown. */
export function secretsOf(options: ServerOptions): string[] {
  const { username, password } = credentials(options);
  return [
    password,
    options.token,
    ...Object.values(options.headers ?? {}),
    password && `${username}:${password}`,
  ].filter((secret): secret is string => secret !== undefined && secret !== "");
}

function authorization(options: ServerOptions): Record<string, string> {
  if (options.token !== undefined) return { Authorization: `Bearer ${options.token}` };
  const { username, password } = credentials(options);
  if (username === undefined) return {};
  return { Authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}

function credentials({ url, username, password }: ServerOptions): { username?: string; password?: string } {
  const inUrl = URL.canParse(url) ? new URL(url) : undefined;
  const user = username ?? (inUrl?.username ? decodeURIComponent(inUrl.username) : undefined);
  const word = password ?? (inUrl?.password ? decodeURIComponent(inUrl.password) : undefined);
  return {
    ...given({ username: user, password: word }),
  };
}

import { type ErrorKind, PluginError } from "../contract/errors.ts";
import { withoutSecrets } from "../redact/known-secrets.ts";

/** Where a call went, for messages: `loki at http://localhost:3100` and `GET /ready`. */
export interface CallPlace {
  readonly server: string;
  readonly call: string;
  readonly redact: (text: string) => string;
  /** It goes through a proxy, which `server` names. */
  readonly isProxied?: boolean;
}

const PROXY_HINT =
  "Does the proxy run, and does it reach the server? NO_PROXY names hosts that are asked directly.";

/** The kind that a status stands for; the plugin may know better from the body. */
function kindOfStatus(status: number): ErrorKind {
  if (status === 401 || status === 403 || status === 501 || status === 407) return "refused";
  if (status === 404 || status === 410) return "not-found";
  if (status === 413 || status === 414) return "too-large";
  if (status === 408 || status === 425 || status === 429 || status >= 500) return "temporary";
  return "invalid";
}

/** The error for a status that is not an answer. `body` is as much of the server's text as was read. */
export function statusError(place: CallPlace, status: number, headers: Headers, body: string): PluginError {
  const said = place.redact(firstWords(body, headers));
  return new PluginError(
    kindOfStatus(status),
    `${place.server}: ${place.call} answered ${status}${said === "" ? "" : `: ${said}`}`,
    {
      status,
      hint: hintFor(place, status, headers),
      retryAfterMs: parseRetryAfter(headers.get("retry-after")),
    },
  );
}

/** Codes that mean nobody is there, as opposed to an answer that broke off. */
const ABSENT = /REFUSED|NOTFOUND|DNS|UNREACH|HOSTDOWN/i;

/** The error for a call that got no answer, or lost it halfway. */
export function connectionError(place: CallPlace, cause: unknown): PluginError {
  const code = codeOf(cause);
  if (/CERT|SELF_SIGNED|TLS|SSL|UNABLE_TO_VERIFY/i.test(code)) {
    return new PluginError("invalid", `${place.server}: its certificate was not accepted (${code})`, {
      hint: "Name the certificate authority's PEM file in the option `ca`.",
      cause,
    });
  }
  const what = /REFUSED/i.test(code)
    ? "nothing listens there"
    : /UnsupportedProxy/i.test(code)
      ? "a proxy is http:// or https://"
      : /NOTFOUND|DNS|ENOTFOUND/i.test(code)
        ? "no such host"
        : code;
  return new PluginError(
    "temporary",
    `${place.server}: ${place.call} got no answer (${place.redact(what)})`,
    {
      hint: place.isProxied === true ? PROXY_HINT : "Is the server running, and is its `url` right?",
      absent: ABSENT.test(code),
      cause,
    },
  );
}

/** The error for a call ended by our own time limit. @param ms the limit */
export const timeoutError = (place: CallPlace, ms: number): PluginError =>
  new PluginError("temporary", `${place.server}: ${place.call} took longer than ${ms / 1000} s`, {
    timedOut: true,
    hint: "Raise the option `timeout`, or ask for less at once.",
  });

/** The error for an answer larger than the call accepts. @param bytes the most that it accepts */
export const tooLargeError = (place: CallPlace, bytes: number): PluginError =>
  new PluginError(
    "too-large",
    `${place.server}: ${place.call} answered with more than ${bytes} bytes, the most that is taken`,
    { hint: "Ask for less at once. Is `url` the server itself?" },
  );

/** Retry-After as seconds or as an HTTP date (RFC 9110 §10.2.3), in ms from now. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Statuses by which a proxy says that it does not reach the server. */
const UNREACHED = new Set([502, 503, 504]);

function hintFor(
  { redact, isProxied = false }: CallPlace,
  status: number,
  headers: Headers,
): string | undefined {
  if (status === 407)
    return "The proxy asks for credentials: http://USER:PASSWORD@HOST:PORT in the variable that names it.";
  if (isProxied && UNREACHED.has(status)) return PROXY_HINT;
  if (status === 401)
    return "Set `token`, or `username` and `password`; a multi-tenant server also needs `tenant`.";
  if (status === 403) return "These credentials are valid, but lack permission for this.";
  if (status >= 300 && status < 400) {
    // A login page's query often contains a token, and the path may repeat one of ours.
    const location = redact(withoutSecrets(headers.get("location") ?? "elsewhere"));
    return `It redirects to ${location}; set \`url\` to where the server really is.`;
  }
  return undefined;
}

function firstWords(body: string, headers: Headers): string {
  if (/html/i.test(headers.get("content-type") ?? "") || /^\s*<(!doctype|html)/i.test(body))
    return "a web page";
  return body.trim().replace(/\s+/g, " ").slice(0, 300);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.message;
}

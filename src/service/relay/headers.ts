/** Which headers pass through the relay (RFC 9110, section 7.6.1), and which it keeps for itself. */
import { HttpError } from "../listen/problem.ts";

/** They belong to one connection. */
const HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

/** They are ours: what is said to the relay, and what proxies in front of it say. A cookie is for us, too. */
const OWN =
  /^(x-contextcore-.*|x-activity-content|cookie|host|expect|forwarded|via|x-real-ip|x-forwarded-.*)$/;

/** Whoever has one of these taken out by `Connection` wants the two ends to read different requests. */
const KEPT =
  /^(host|content-.*|authorization|x-api-key|api-key|cookie|origin|expect|x-contextcore-.*|x-activity-content|anthropic-.*|openai-.*)$/;

/** @throws HttpError 400 for a request that its receiver could read as another one than we do */
export function requireUnambiguous(headers: Headers): void {
  const named = namedIn(headers).find((name) => KEPT.test(name));
  if (named !== undefined) throw new HttpError(400, `Connection may not name ${named}`);
  const coding = headers.get("transfer-encoding");
  if (coding !== null && (coding.trim().toLowerCase() !== "chunked" || headers.has("content-length")))
    throw new HttpError(400, "the length of this request is said in two ways, or in none that is known");
  const length = headers.get("content-length");
  if (length !== null && !/^\d{1,15}$/.test(length)) throw new HttpError(400, "Content-Length is no number");
}

/** The headers of a request as the upstream gets them. What was not asked for is not compressed. */
export function requestHeaders(headers: Headers): Headers {
  const passed = passing(headers, (name) => !OWN.test(name));
  if (!passed.has("accept-encoding")) passed.set("accept-encoding", "identity");
  return passed;
}

/** The headers of an answer as its caller gets them. */
export const answerHeaders = (headers: Headers): Headers => passing(headers, () => true);

function passing(headers: Headers, goes: (name: string) => boolean): Headers {
  const stays = new Set([...HOP, ...namedIn(headers)]);
  const passed = new Headers();
  for (const [name, value] of headers) if (!stays.has(name) && goes(name)) passed.append(name, value);
  return passed;
}

const namedIn = (headers: Headers): string[] =>
  (headers.get("connection") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");

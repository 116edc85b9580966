/** One bucket, as its options say, and the one way to call it: signed, to its own host, with classified errors. */
import { createHash } from "node:crypto";
import {
  given,
  type HttpAnswer,
  type HttpClient,
  type HttpRequest,
  isKind,
  type Logger,
  PluginError,
} from "contextcore";
import { type CallNames, type Failure, failureOf } from "./errors.ts";
import { encodedPath, type Keys, queryText, sha256Of, signed } from "./sign.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** How strictly objects are locked: whoever has a right of its own may end `GOVERNANCE` early, nobody `COMPLIANCE`. */
export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** Where the bucket is, and how it is called. */
interface BucketOptions {
  readonly bucket: string;
  /** In front of every name, with a slash at its end; or empty. */
  readonly prefix: string;
  readonly region: string;
  /** The bucket is a part of the host's name. */
  readonly isHost: boolean;
  /** Whether checksums are sent as headers of their own. */
  readonly checksums: boolean;
  /** How objects are locked, where they are. */
  readonly lock: LockMode | undefined;
  readonly keys: () => Promise<Keys>;
  readonly clock: () => bigint;
  readonly http: HttpClient;
  readonly log: Logger;
}

/** One call. */
interface S3Call {
  readonly method?: HttpRequest["method"];
  /** The object that is meant; absent: the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The body's SHA-256, lower-case hex, where it is known. */
  readonly bodySha256?: string;
  readonly signal: AbortSignal;
  /** Overrides the client's time limit, ms. */
  readonly timeoutMs?: number;
  /** Codes and statuses that are answers, not errors. */
  readonly accept?: readonly (string | number)[];
}

/** An answer: a success, or one of those that the call accepts. */
export interface S3Answer extends Pick<HttpAnswer, "status" | "headers" | "body" | "text"> {
  /** S3's own word of an error that the call accepts. */
  readonly code?: string;
}

/** The bucket of a store. */
export interface Bucket extends BucketOptions {
  /** @throws PluginError */
  send(call: S3Call): Promise<S3Answer>;
  /** The answer as XML. `undefined` for an error that the call accepts. */
  ask(call: S3Call): Promise<XmlElement | undefined>;
}

/** Errors that have a body of S3's; the client classifies the others, with how long they ask to wait. */
const LOOKED_AT = [300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 411, 412, 416, 501, 507];

/** A page of a listing has up to a thousand keys of a kilobyte, encoded. */
const TEXT_BYTES_MAX = 16 << 20;

/** @throws PluginError `invalid` when the URL and the bucket make no address */
export function createBucket(options: BucketOptions): Bucket {
  const { host, base, http } = addressOf(options);
  const send = async ({ method = "GET", key, query = {}, headers = {}, body, ...call }: S3Call) => {
    const path = `${base}${key === undefined ? (base === "" ? "/" : "") : `/${encodedPath(key)}`}`;
    const search = queryText(query);
    const now = new Date(Number(options.clock() / 1_000_000n));
    const { bodySha256 = sha256Of(body ?? "") } = call;
    const scope = { keys: await options.keys(), region: options.region, now };
    const answer = await http.send({
      method,
      path: search === "" ? path : `${path}?${search}`,
      headers: {
        ...signed(
          { method, host, path: `${pathOf(http.url)}${path}`, query: search, headers, bodySha256 },
          scope,
        ),
        "accept-encoding": "identity",
      },
      ...(body === undefined ? {} : { body }),
      signal: call.signal,
      ...given({ timeoutMs: call.timeoutMs }),
      maxBytes: TEXT_BYTES_MAX,
      accept: LOOKED_AT,
    });
    const { region } = options;
    const { sessionToken } = scope.keys;
    const names = { call: `${method} ${options.bucket}/${key ?? ""}`, region, now, sessionToken };
    return answer.status < 300 ? answer : accepted(answer, call.accept ?? [], names);
  };
  return {
    ...options,
    send,
    async ask(call) {
      const answer = await send(call);
      const text = await wholeText(answer);
      return answer.status < 300 ? parseXml(text) : undefined;
    },
  };
}

/** No answer of S3's is too large: what is, is not S3's. */
async function wholeText(answer: S3Answer): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    if (!isKind(error, "too-large")) throw error;
    throw new PluginError("invalid", error.message, { hint: error.hint, cause: error });
  }
}

/** An error that the call takes for an answer. @throws PluginError for any other */
async function accepted(
  answer: HttpAnswer,
  accept: readonly (string | number)[],
  names: CallNames,
): Promise<S3Answer> {
  const { code, error }: Failure = await failureOf(answer, names);
  if (!accept.includes(code) && !accept.includes(answer.status)) throw error;
  return { ...answer, code };
}

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname.replace(/\/$/, "") : "");

/** The host to sign for, the path in front of a key, and a client for that host. */
function addressOf({ http, bucket, isHost }: BucketOptions) {
  const url = new URL(http.url);
  if (!isHost) return { host: url.host, base: `/${encodedPath(bucket)}`, http };
  url.host = `${bucket}.${url.host}`;
  const own = http.at(url.href.replace(/\/$/, ""));
  return { host: url.host, base: "", http: own };
}

/** Headers by which the server checks a body: SHA-256, or MD5 where the service does not know that. */
export function checksumsOf(
  { checksums }: Pick<BucketOptions, "checksums">,
  body: Uint8Array,
  sha256: string = sha256Of(body),
): Record<string, string> {
  if (!checksums) return { "content-md5": createHash("md5").update(body).digest("base64") };
  return { "x-amz-sdk-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": base64Of(sha256) };
}

/** A SHA-256 as S3 writes it. */
export const base64Of = (sha256: string): string => Buffer.from(sha256, "hex").toString("base64");

/** True where a service has no such thing, or the credentials may not ask for it. */
export const isUnavailable = (error: unknown): boolean => isKind(error, "refused", "invalid", "not-found");

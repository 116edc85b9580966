/** `POST /loki/api/v1/push`, and what its refusals mean for each entry. */
import { fromMs, isKind, PluginError } from "contextcore";
import type { Api } from "../server/api.ts";
import type { Value } from "../server/page.ts";
import { classify } from "../server/refusal.ts";
import type { Labels } from "../server/selector.ts";

/** One stream of a push request. */
export interface PushStream {
  readonly labels: Labels;
  /** Oldest first. */
  readonly values: readonly Value[];
}

/** `undefined`: everything was accepted. A string: the server's reason why something was not; the rest may be stored. */
export async function push(
  api: Api,
  streams: readonly PushStream[],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await sendPush(api.http.send, { streams, refusals: [400], signal });
  } catch (error) {
    // A body that is too large is refused whole, like one with a bad entry: smaller ones will do.
    if (isKind(error, "too-large")) return error.message;
    // A push that took too long is the server's fault, so it is retried unchanged.
    const classified = classify(error);
    throw isKind(classified, "too-large") ? error : classified;
  }
}

/** A call of the push API, and the statuses by which it refuses data. */
interface PushCall {
  readonly streams: readonly PushStream[];
  readonly refusals: readonly number[];
  readonly signal: AbortSignal;
}

/** @returns the server's reason when it refuses; `undefined` when everything was accepted. @throws what `send` throws */
export async function sendPush(
  send: Api["send"],
  { streams, refusals, signal }: PushCall,
): Promise<string | undefined> {
  const json = { streams: streams.map(({ labels, values }) => ({ stream: labels, values })) };
  const answer = await send({ method: "POST", path: "/loki/api/v1/push", json, signal, accept: refusals });
  const text = await answer.text();
  if (answer.status === 204) return undefined;
  if (refusals.includes(answer.status)) return text.trim();
  throw new PluginError("invalid", `loki: a push was answered ${answer.status}, where Loki answers 204`);
}

/** The stream as sent to Loki's push API; used to report one stream's entries that could not be written. */
export const toLine = ({ labels, values }: PushStream): string =>
  `{"streams":[{"stream":${JSON.stringify(labels)},"values":${JSON.stringify(values)}}]}`;

/**
 * The entries of one stream that a refusal is about; `undefined` when its text does not say. Source:
 * pkg/validation/validate.go, pkg/chunkenc/interface.go.
 */
export function isRefusedBy(reason: string): ((value: Value) => boolean) | undefined {
  const limit = /oldest acceptable timestamp is: (\S+?)[',;]*(?:\s|$)/.exec(reason)?.[1];
  // The time is written without its fraction: within that second only the server knows which entry it is.
  if (limit !== undefined && !Number.isNaN(Date.parse(limit))) return isOlderThan(fromMs(Date.parse(limit)));
  const bytes = /max entry size '(\d+)' bytes exceeded/.exec(reason)?.[1];
  if (bytes !== undefined) return ([, line]) => Buffer.byteLength(line) > Number(bytes);
  if (/includes structured metadata, but this feature is disallowed/.test(reason))
    return ([, , metadata]) => metadata !== undefined;
  return undefined;
}

const isOlderThan =
  (limit: bigint) =>
  ([time]: Value): boolean =>
    BigInt(time) < limit;

/** Refusals of the whole stream: none of its entries will be accepted. */
export const refusesStream = (reason: string): boolean =>
  /has \d+ label names; limit|label (name|value) too long|couldn't parse labels|error parsing labels|missing required labels|duplicate label name/.test(
    reason,
  );

/** @throws PluginError `invalid` when the line is not one of ours */
export function parseLine(line: string): PushStream[] {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed === "object" && parsed !== null && "streams" in parsed && Array.isArray(parsed.streams)) {
    return parsed.streams.map(({ stream, values }) => ({ labels: stream, values }));
  }
  throw new PluginError("invalid", "loki: a line of logs.json is not a push request");
}

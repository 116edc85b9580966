/**
 * What is known of one object. It is asked for with its first byte, and not by HEAD, whose errors have no body: they could not
 * tell a missing object from a missing bucket, another region or a wrong clock.
 */
import { given, PluginError, type StoredObject } from "contextcore";
import type { Bucket, S3Answer } from "./bucket.ts";
import { findInList } from "./list.ts";

/** An object, and one of its versions or the newest. */
export interface Which {
  readonly key: string;
  readonly version?: string;
}

/** What an answer says of the object that it is about. */
interface About {
  readonly size: number;
  readonly headers: Headers;
}

/** Asks about an object. `cold`: it is in an archive; `undefined`: there is none. @throws PluginError */
export async function askAbout(
  bucket: Bucket,
  { key, version }: Which,
  signal: AbortSignal,
): Promise<About | "cold" | undefined> {
  const call = { key, query: { versionId: version }, signal } as const;
  const first = await bucket.send({
    ...call,
    headers: { range: "bytes=0-0" },
    accept: [...MISSING, "InvalidObjectState", 416],
  });
  await first.text();
  if (first.status === 404) return undefined;
  if (first.code === "InvalidObjectState") return "cold";
  if (first.status !== 416) return { size: sizeIn(first), headers: first.headers };
  // It is empty, so it has no first byte.
  const whole = await bucket.send({ ...call, accept: MISSING });
  const bytes = await whole.text();
  return whole.status === 404 ? undefined : { size: Buffer.byteLength(bytes), headers: whole.headers };
}

const MISSING = ["NoSuchKey", "NoSuchVersion"];

/** The size of the whole object, of which a part came. */
function sizeIn({ status, headers }: S3Answer): number {
  const [, total] = /^bytes 0-0\/(\d{1,15})$/.exec(headers.get("content-range") ?? "") ?? [];
  if (status === 206 && total !== undefined) return Number(total);
  throw new PluginError("invalid", "a call for a part of an object was not answered with a part", {
    hint: "Is `url` an S3 service itself?",
  });
}

/** The object; `undefined` when there is none. @throws PluginError */
export async function statOf(
  bucket: Bucket,
  name: string,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const found = await askAbout(bucket, { key: bucket.prefix + name }, signal);
  if (found === undefined) return undefined;
  return found === "cold" ? findInList(bucket, name, signal) : described(name, found);
}

function described(name: string, { size, headers }: About): StoredObject {
  const modified = Date.parse(headers.get("last-modified") ?? "");
  if (headers.get("etag") === null || Number.isNaN(modified))
    throw new PluginError("invalid", `the answer about ${name} is not what S3 says`, {
      hint: "Is `url` an S3 service itself?",
    });
  return {
    name,
    size,
    modified: BigInt(modified) * 1_000_000n,
    ...given({ sha256: shaIn(headers), retainedUntil: lockEndIn(headers) }),
  };
}

/** As it was said, and proved, when the object was written. */
function shaIn(headers: Headers): string | undefined {
  const said = headers.get("x-amz-meta-sha256") ?? "";
  return /^[0-9a-f]{64}$/.test(said) ? said : undefined;
}

/** When the lock of an object ends, ns. */
export const lockEndIn = (headers: Headers): bigint | undefined =>
  lockEnd(headers.get("x-amz-object-lock-retain-until-date") ?? "");

/** The same, from the text that S3 gives. */
export function lockEnd(text: string): bigint | undefined {
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : BigInt(until) * 1_000_000n;
}

/**
 * What is known of one object. It is asked for with its first byte, and not by HEAD, whose errors have no body: they could not
 * tell a missing object from a missing bucket, another region or a wrong clock.
 */
import { given, PluginError, type StoredObject } from "contextcore";
import type { Bucket, S3Answer } from "./bucket.ts";
import { findInList } from "./list.ts";

/** An object, and perhaps one of its versions. */
interface Which {
  readonly name: string;
  readonly version?: string;
}

/** The object; `undefined` when there is none. @throws PluginError */
export async function statOf(
  bucket: Bucket,
  { name, version }: Which,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const call = { key: bucket.prefix + name, query: { versionId: version }, signal } as const;
  const first = await bucket.send({
    ...call,
    headers: { range: "bytes=0-0" },
    accept: ["NoSuchKey", "NoSuchVersion", "InvalidObjectState", 416],
  });
  await first.text();
  if (first.status === 404) return undefined;
  if (first.code === "InvalidObjectState") return findInList(bucket, name, signal);
  if (first.status !== 416) return described(first, name, sizeIn(first));
  // It is empty, so it has no first byte.
  const whole = await bucket.send({ ...call, accept: ["NoSuchKey"] });
  const bytes = await whole.text();
  return whole.status === 404 ? undefined : described(whole, name, Buffer.byteLength(bytes));
}

/** The size of the whole object, of which a part came. */
function sizeIn({ status, headers }: S3Answer): number {
  const [, total] = /^bytes 0-0\/(\d{1,15})$/.exec(headers.get("content-range") ?? "") ?? [];
  if (status === 206 && total !== undefined) return Number(total);
  throw new PluginError("invalid", "a call for a part of an object was not answered with a part", {
    hint: "Is `url` an S3 service itself?",
  });
}

function described({ headers }: S3Answer, name: string, size: number): StoredObject {
  const modified = Date.parse(headers.get("last-modified") ?? "");
  if (headers.get("etag") === null || Number.isNaN(modified))
    throw new PluginError("invalid", `the answer about ${name} is not what S3 says`, {
      hint: "Is `url` an S3 service itself?",
    });
  return {
    name,
    size,
    modified: BigInt(modified) * 1_000_000n,
    ...given({ sha256: shaIn(headers), retainedUntil: lockIn(headers) }),
  };
}

/** As it was said, and proved, when the object was written. */
function shaIn(headers: Headers): string | undefined {
  const said = headers.get("x-amz-meta-sha256") ?? "";
  return /^[0-9a-f]{64}$/.test(said) ? said : undefined;
}

function lockIn(headers: Headers): bigint | undefined {
  const until = Date.parse(headers.get("x-amz-object-lock-retain-until-date") ?? "");
  return Number.isNaN(until) ? undefined : BigInt(until) * 1_000_000n;
}

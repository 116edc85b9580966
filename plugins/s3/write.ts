/** Writing an object: by one call where it fits into one, which can be conditional everywhere; else in parts. */
import { type NewObject, PluginError } from "contextcore";
import { type Bucket, checksumsOf, type S3Answer } from "./bucket.ts";
import type { Buffers } from "./buffers.ts";
import { wholeOf } from "./filler.ts";
import { lockHeaders } from "./lock.ts";
import { statOf } from "./stat.ts";

/** What became of a write. */
export type Written = "written" | "there already";

/** Headers with which every object is made, by one call or in parts. */
export function creationHeaders(bucket: Bucket, object: NewObject): Record<string, string> {
  const tags = new URLSearchParams(object.tags ?? {}).toString();
  return {
    "content-type": "application/octet-stream",
    "x-amz-meta-sha256": object.sha256,
    ...(tags === "" ? {} : { "x-amz-tagging": tags }),
    ...lockHeaders(bucket, object.retainUntil),
  };
}

/** Writes a whole object by one call. @throws PluginError */
export function writeWhole(
  bucket: Bucket,
  object: NewObject,
  { buffers, signal }: { readonly buffers: Buffers; readonly signal: AbortSignal },
): Promise<Written> {
  return buffers.lend(object.size, async (buffer) =>
    sendWhole(bucket, object, await wholeOf(object, buffer, signal), signal),
  );
}

async function sendWhole(
  bucket: Bucket,
  object: NewObject,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Written> {
  const { name, sha256, ifAbsent = false } = object;
  const answer = await bucket.send({
    method: "PUT",
    key: bucket.prefix + name,
    body,
    bodySha256: sha256,
    headers: {
      ...creationHeaders(bucket, object),
      ...checksumsOf(bucket, body, sha256),
      ...(ifAbsent ? { "if-none-match": "*" } : {}),
    },
    accept: ifAbsent ? REFUSALS : [],
    signal,
  });
  await answer.text();
  if (REFUSALS.includes(answer.status)) return refusedAs(answer, { bucket, name }, signal);
  // A web page may be answered with success, too.
  if (answer.headers.get("etag") === null)
    throw new PluginError("invalid", `the answer to the write of ${name} is not what S3 says`, {
      hint: "Is `url` an S3 service itself, not a web page or a proxy in front of it?",
    });
  return "written";
}

/** 412: it is there. 409: somebody else is writing it at this moment. */
export const REFUSALS: readonly number[] = [409, 412];

interface Refused {
  readonly bucket: Bucket;
  readonly name: string;
}

/** What a conditional write that was refused means. @throws PluginError `temporary` when nobody can say yet */
export async function refusedAs(
  { status }: Pick<S3Answer, "status">,
  { bucket, name }: Refused,
  signal: AbortSignal,
): Promise<Written> {
  if (status === 412 || (await statOf(bucket, name, signal)) !== undefined) return "there already";
  throw new PluginError("temporary", `somebody else is writing ${name} at this moment`, { status });
}

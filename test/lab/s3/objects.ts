/** Calls about one object. */
import { createHash } from "node:crypto";
import { nothing, refusal, xmlAnswer } from "./answers.ts";
import type { S3Heard, S3Object, S3State } from "./state.ts";

export interface ObjectCall extends S3Heard {
  readonly key: string;
  readonly body: Uint8Array;
}

const keptHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => /^(content-type|x-amz-meta-|x-amz-tagging)/.test(name)));

const etagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`;

function keep(
  state: S3State,
  key: string,
  { bytes, headers, etag = etagOf(bytes) }: Pick<S3Object, "bytes" | "headers"> & { etag?: string },
): S3Object {
  const object = { bytes, etag, modified: state.now(), headers, storageClass: "STANDARD" };
  state.objects.set(key, object);
  return object;
}

/** Why a conditional write is refused. */
function conditionRefusal({ objects, defects }: S3State, { headers, key }: ObjectCall): Response | undefined {
  if (headers.get("if-none-match") !== "*") return undefined;
  if (defects.conflicts > 0) {
    defects.conflicts -= 1;
    return refusal(409, "ConditionalRequestConflict");
  }
  return objects.has(key) && !defects.ignoresConditions ? refusal(412, "PreconditionFailed") : undefined;
}

export function putObject(state: S3State, call: ObjectCall): Response {
  const refused = conditionRefusal(state, call);
  if (refused !== undefined) return refused;
  const { etag } = keep(state, call.key, { bytes: call.body, headers: keptHeaders(call.headers) });
  return nothing(200, { etag });
}

export function getObject({ objects, defects }: S3State, { key, headers }: ObjectCall): Response {
  const object = objects.get(key);
  if (object === undefined) return refusal(404, "NoSuchKey");
  if (object.storageClass === "GLACIER" && !object.isRetrieved) return refusal(403, "InvalidObjectState");
  const { bytes, etag, modified } = object;
  const about = { etag, "last-modified": modified.toUTCString(), ...object.headers };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  if (from === undefined || defects.ignoresRanges) return new Response(bytes.slice(), { headers: about });
  if (Number(from) >= bytes.length) return refusal(416, "InvalidRange");
  const last = Math.min(to ? Number(to) : bytes.length, bytes.length - 1);
  const range = `bytes ${from}-${last}/${bytes.length}`;
  return new Response(bytes.slice(Number(from), last + 1), {
    status: 206,
    headers: { ...about, "content-range": range },
  });
}

export function deleteObject({ objects }: S3State, { key }: ObjectCall): Response {
  objects.delete(key);
  return nothing(204);
}

export function beginUpload({ uploads }: S3State, { key, headers }: ObjectCall): Response {
  const id = crypto.randomUUID();
  uploads.set(id, { key, headers: keptHeaders(headers), parts: new Map() });
  return xmlAnswer("InitiateMultipartUploadResult", { Key: key, UploadId: id });
}

export function putPart({ uploads }: S3State, { query, body }: ObjectCall): Response {
  const upload = uploads.get(query.get("uploadId") ?? "");
  if (upload === undefined) return refusal(404, "NoSuchUpload");
  upload.parts.set(Number(query.get("partNumber")), body);
  return nothing(200, { etag: etagOf(body) });
}

export function endUpload(state: S3State, call: ObjectCall): Response {
  const { uploads, defects } = state;
  const id = call.query.get("uploadId") ?? "";
  const upload = uploads.get(id);
  if (upload === undefined) return refusal(404, "NoSuchUpload");
  if (defects.failsAtEnd) return refusal(200, "InternalError");
  const refused = defects.ignoresConditionsAtEnd ? undefined : conditionRefusal(state, call);
  if (refused !== undefined) return refused;
  const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const etag = `"${id.replaceAll("-", "")}-${parts.length}"`;
  keep(state, upload.key, { bytes: Buffer.concat(parts), headers: upload.headers, etag });
  uploads.delete(id);
  return xmlAnswer("CompleteMultipartUploadResult", { Key: upload.key });
}

export function abortUpload({ uploads }: S3State, { query }: ObjectCall): Response {
  return uploads.delete(query.get("uploadId") ?? "") ? nothing(204) : refusal(404, "NoSuchUpload");
}

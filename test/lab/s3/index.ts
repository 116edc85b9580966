/**
 * A bucket of S3, in memory: enough of it for a store, with defects on demand. It checks what every service checks (region,
 * clock, checksums), and no signature: a real server does that.
 */
import { createHash } from "node:crypto";
import type { Face } from "../face.ts";
import { nothing, refusal, xmlAnswer } from "./answers.ts";
import {
  abortUpload,
  beginUpload,
  deleteObject,
  endUpload,
  getObject,
  type ObjectCall,
  putObject,
  putPart,
} from "./objects.ts";
import { createState, type S3Options, type S3State } from "./state.ts";

/** The bucket, and what it holds. */
export interface S3Face extends Face, S3State {}

export function createS3(options: S3Options = {}): S3Face {
  const state = createState(options);
  return { ...state, handle: (request) => handle(state, request) };
}

const SKEW_MAX_MS = 15 * 60_000;

async function handle(state: S3State, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const { method, headers } = request;
  const heard = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers };
  state.heard.push(heard);
  const body = await request.bytes();
  const answer = answerTo(state, heard.path, { ...heard, key: "", body });
  answer.headers.set("date", state.now().toUTCString());
  return answer;
}

function answerTo(state: S3State, path: string, call: ObjectCall): Response {
  const refused = refusalOf(state, call);
  if (refused !== undefined) return refused;
  const inHost = call.headers.get("host")?.startsWith(`${state.bucket}.`) === true;
  const [, bucket = "", key = ""] = inHost
    ? ["", state.bucket, path.slice(1)]
    : (/^\/([^/]*)\/?(.*)$/s.exec(path) ?? []);
  if (bucket !== state.bucket) return refusal(404, "NoSuchBucket");
  const said = state.defects.codes.get(call.method);
  if (said !== undefined) return refusal(...said);
  return key === "" ? ofBucket(state, call) : ofObject(state, { ...call, key });
}

function refusalOf({ region, now, defects }: S3State, { headers, body }: ObjectCall): Response | undefined {
  const [, day, scope] =
    /Credential=[^/]+\/(\d+)\/([^/]+)\/s3\//.exec(headers.get("authorization") ?? "") ?? [];
  if (day === undefined) return refusal(403, "AccessDenied");
  if (scope !== region)
    return refusal(
      400,
      "AuthorizationHeaderMalformed",
      { Region: region },
      { "x-amz-bucket-region": region },
    );
  const sent = (headers.get("x-amz-date") ?? "").replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  );
  if (Math.abs(Date.parse(sent) - now().getTime()) > SKEW_MAX_MS)
    return refusal(403, "RequestTimeTooSkewed", { RequestTime: sent, ServerTime: now().toISOString() });
  const sha256 = createHash("sha256").update(body).digest();
  const signed = headers.get("x-amz-content-sha256");
  if (signed !== "UNSIGNED-PAYLOAD" && signed !== sha256.toString("hex"))
    return refusal(400, "XAmzContentSHA256Mismatch");
  const sum = headers.get("x-amz-checksum-sha256");
  if (sum !== null && defects.refusesChecksums)
    return refusal(501, "NotImplemented", { Message: "x-amz-checksum header" });
  if (sum !== null && sum !== sha256.toString("base64")) return refusal(400, "BadDigest");
  const md5 = headers.get("content-md5");
  const isOther = md5 !== null && md5 !== createHash("md5").update(body).digest("base64");
  return isOther ? refusal(400, "BadDigest") : undefined;
}

function ofObject(state: S3State, call: ObjectCall): Response {
  const { method, query } = call;
  const isUpload = query.has("uploads") || query.has("uploadId");
  if (method === "GET" || method === "HEAD") return getObject(state, call);
  if (method === "PUT") return isUpload ? putPart(state, call) : putObject(state, call);
  if (method === "DELETE") return isUpload ? abortUpload(state, call) : deleteObject(state, call);
  return query.has("uploads") ? beginUpload(state, call) : endUpload(state, call);
}

function lifecycle({ rules }: S3State, { method, body }: ObjectCall): Response {
  if (method !== "GET") rules.text = Buffer.from(body).toString();
  if (method !== "GET") return nothing(method === "PUT" ? 200 : 204);
  if (rules.text === "") return refusal(404, "NoSuchLifecycleConfiguration");
  return new Response(rules.text, { headers: { "content-type": "application/xml" } });
}

function ofBucket(state: S3State, call: ObjectCall): Response {
  const { query } = call;
  if (query.has("lifecycle")) return lifecycle(state, call);
  if (query.has("versioning")) return xmlAnswer("VersioningConfiguration", {});
  if (query.has("object-lock")) return refusal(404, "ObjectLockConfigurationNotFoundError");
  if (query.has("uploads")) return listUploads(state, query.get("prefix") ?? "");
  return query.get("list-type") === "2" ? listObjects(state, query) : nothing(501);
}

function listUploads({ uploads }: S3State, prefix: string): Response {
  const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
  const listed = found.map(([id, { key }]) => ({ Key: key, UploadId: id }));
  return xmlAnswer("ListMultipartUploadsResult", { IsTruncated: false, Upload: listed });
}

function listObjects({ objects, pageSize }: S3State, query: URLSearchParams): Response {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageSize);
  const contents = page.map((key) => {
    const object = objects.get(key);
    return {
      Key: encodeURIComponent(key),
      LastModified: object?.modified.toISOString(),
      Size: object?.bytes.length,
      StorageClass: object?.storageClass,
      RestoreStatus: object?.isRetrieved ? { RestoreExpiryDate: "2099-01-01T00:00:00Z" } : undefined,
    };
  });
  return xmlAnswer("ListBucketResult", {
    EncodingType: "url",
    IsTruncated: keys.length > page.length,
    NextContinuationToken: keys.length > page.length ? page.at(-1) : undefined,
    Contents: contents,
  });
}

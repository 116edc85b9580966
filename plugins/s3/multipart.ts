/** Objects that are too large for one call are sent in parts, each checked by the server. Nothing stays of one that fails. */
import { messageOf, type NewObject, PluginError } from "contextcore";
import { type Bucket, base64Of, checksumsOf } from "./bucket.ts";
import { createFiller, type Filler, otherBytes, otherSize } from "./filler.ts";
import { sha256Of } from "./sign.ts";
import { creationHeaders, REFUSALS, refusedAs, type Written } from "./write.ts";
import { escaped, parseXml, textAt, type XmlElement } from "./xml.ts";

const PARTS_MAX = 10_000;
const PART_BYTES = 8 << 20;
/** One part is held in memory. */
const PART_BYTES_MAX = 64 << 20;

/** S3 allows ten thousand parts, so those of a large object are larger. @throws PluginError `invalid` */
function partBytesFor({ name, size }: NewObject): number {
  const bytes = Math.max(PART_BYTES, Math.ceil(size / PARTS_MAX / (1 << 20)) * (1 << 20));
  if (bytes <= PART_BYTES_MAX) return bytes;
  throw new PluginError(
    "invalid",
    `${name} has ${size} bytes, more than can be written in ${PARTS_MAX} parts`,
  );
}

/** An upload that has begun. */
interface Upload {
  readonly bucket: Bucket;
  readonly object: NewObject;
  readonly key: string;
  readonly id: string;
}

interface Part {
  readonly etag: string;
  readonly sha256: string;
}

/** Writes an object in parts. @throws PluginError */
export async function writeInParts(bucket: Bucket, object: NewObject, signal: AbortSignal): Promise<Written> {
  const partBytes = partBytesFor(object);
  const upload = await begin(bucket, object, signal);
  let isComplete = false;
  try {
    const parts = await sendParts(upload, partBytes, signal);
    const outcome = await complete(upload, parts, signal);
    isComplete = outcome === "written";
    return outcome;
  } finally {
    if (!isComplete) await abort(upload);
  }
}

async function begin(bucket: Bucket, object: NewObject, signal: AbortSignal): Promise<Upload> {
  const key = bucket.prefix + object.name;
  const algorithm = bucket.checksums ? { "x-amz-checksum-algorithm": "SHA256" } : {};
  const headers = { ...creationHeaders(bucket, object), ...algorithm };
  const said = await bucket.ask({ method: "POST", key, query: { uploads: "" }, headers, signal });
  const id = said && textAt(said, "UploadId");
  if (!id) throw odd(object.name);
  return { bucket, object, key, id };
}

async function sendParts(upload: Upload, partBytes: number, signal: AbortSignal): Promise<Part[]> {
  const { name, size, sha256, bytes } = upload.object;
  const filler = createFiller(bytes, signal);
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(partBytes);
  const parts: Part[] = [];
  try {
    for (let at = 0; at < size; at += partBytes) {
      const body = await filled(filler, buffer.subarray(0, Math.min(partBytes, size - at)), upload.object);
      hasher.update(body);
      parts.push(await sendPart(upload, parts.length + 1, body, signal));
    }
    if (!(await filler.isAtEnd())) throw otherSize(name, size, false);
  } finally {
    await filler.end();
  }
  if (hasher.digest("hex") !== sha256) throw otherBytes(name);
  return parts;
}

async function filled(filler: Filler, body: Uint8Array, { name, size }: NewObject): Promise<Uint8Array> {
  if ((await filler.fill(body)) < body.length) throw otherSize(name, size, true);
  return body;
}

async function sendPart(
  { bucket, object, key, id }: Upload,
  number: number,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Part> {
  const sha256 = sha256Of(body);
  const answer = await bucket.send({
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId: id },
    headers: checksumsOf(bucket, body, sha256),
    body,
    bodySha256: sha256,
    signal,
  });
  await answer.text();
  const etag = answer.headers.get("etag");
  if (etag === null) throw odd(object.name);
  return { etag, sha256 };
}

/** The answer begins before the server is done, so an error may come with 200, in the body. */
async function complete(upload: Upload, parts: readonly Part[], signal: AbortSignal): Promise<Written> {
  const { bucket, object, key, id } = upload;
  const body = Buffer.from(
    `<CompleteMultipartUpload>${parts.map(partXml(bucket)).join("")}</CompleteMultipartUpload>`,
  );
  const answer = await bucket.send({
    method: "POST",
    key,
    query: { uploadId: id },
    headers: { "content-type": "application/xml", ...(object.ifAbsent ? { "if-none-match": "*" } : {}) },
    body,
    accept: object.ifAbsent ? REFUSALS : [],
    signal,
  });
  const said = await answer.text();
  if (answer.status >= 300) return refusedAs(answer, { bucket, name: object.name }, signal);
  requireComplete(parseXml(said), object.name);
  return "written";
}

const partXml =
  ({ checksums }: Bucket) =>
  ({ etag, sha256 }: Part, index: number): string =>
    `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(etag)}</ETag>${
      checksums ? `<ChecksumSHA256>${base64Of(sha256)}</ChecksumSHA256>` : ""
    }</Part>`;

function requireComplete(said: XmlElement, name: string): void {
  if (said.name === "CompleteMultipartUploadResult") return;
  if (said.name !== "Error") throw odd(name);
  const why = `${textAt(said, "Code") ?? ""}: ${textAt(said, "Message") ?? ""}`.slice(0, 300);
  throw new PluginError("temporary", `the parts of ${name} could not be joined: ${why}`);
}

/** How long the end of an upload may take that nobody needs any more, ms. */
const ABORT_MS = 10_000;

/** Parts that nobody ends are kept, and paid for, for ever. */
async function abort({ bucket, key, id, object }: Upload): Promise<void> {
  try {
    await endUpload(bucket, { key, id }, new AbortController().signal, ABORT_MS);
  } catch (error) {
    bucket.log.warn(`parts of ${object.name} could not be removed, and stay: ${messageOf(error)}`);
  }
}

/** Removes the parts of an upload that was not finished. */
export async function endUpload(
  bucket: Bucket,
  { key, id }: Pick<Upload, "key" | "id">,
  signal: AbortSignal,
  timeoutMs?: number,
): Promise<void> {
  const query = { uploadId: id };
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const answer = await bucket.send({
    method: "DELETE",
    key,
    query,
    accept: ["NoSuchUpload"],
    signal,
    ...limit,
  });
  await answer.text();
}

const odd = (name: string): PluginError =>
  new PluginError("invalid", `the answer to the write of ${name} is not what S3 says`, {
    hint: "Is `url` an S3 service itself?",
  });

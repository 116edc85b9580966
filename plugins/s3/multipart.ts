/** Objects that are too large for one call are sent in parts, each checked by the server. Nothing stays of one that fails. */
import { messageOf, type NewObject, PluginError } from "contextcore";
import { type Bucket, base64Of, checksumsOf } from "./bucket.ts";
import { BUFFERS, type Buffers } from "./buffers.ts";
import { createFiller, type Filler, otherBytes, otherSize } from "./filler.ts";
import { persistently } from "./persist.ts";
import { sha256Of } from "./sign.ts";
import { creationHeaders, REFUSALS, refusedAs, type Written } from "./write.ts";
import { escaped, parseXml, textAt, type XmlElement } from "./xml.ts";

const PARTS_MAX = 10_000;
const PART_BYTES = 8 << 20;
/** A few parts are held in memory. */
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

/** How an object is written. */
interface PartsOptions {
  readonly buffers: Buffers;
  readonly signal: AbortSignal;
  /** Takes the last step, when all parts are there. */
  readonly ending?: (end: () => Promise<Written>) => Promise<Written>;
}

/** Writes an object in parts. @throws PluginError */
export async function writeInParts(
  bucket: Bucket,
  object: NewObject,
  { buffers, signal, ending = (end) => end() }: PartsOptions,
): Promise<Written> {
  const partBytes = partBytesFor(object);
  const upload = await begin(bucket, object, signal);
  let isComplete = false;
  try {
    const parts = await sendParts(upload, partBytes, buffers, signal);
    const outcome = await ending(() => complete(upload, parts, signal));
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

/** Several parts at once, each with a buffer of its own; they are filled one after the other. @throws what the first failed with */
async function sendParts(
  upload: Upload,
  partBytes: number,
  buffers: Buffers,
  signal: AbortSignal,
): Promise<Part[]> {
  const failed = new AbortController();
  const ours = AbortSignal.any([signal, failed.signal]);
  const source = partsOf(upload.object, ours);
  const parts: Part[] = [];
  const sendOne = async (buffer: Uint8Array): Promise<boolean> => {
    const next = await source.next(buffer);
    if (next === undefined) return false;
    parts[next.number - 1] = await sendPart(upload, next.number, next.body, ours);
    return true;
  };
  const sendOnAndOn = async (): Promise<void> => {
    while (await buffers.lend(partBytes, sendOne));
  };
  // All of them end before the upload is ended: no part comes later than that.
  const length = Math.min(BUFFERS, Math.ceil(upload.object.size / partBytes));
  const senders = Array.from({ length }, () => sendOnAndOn().catch((error) => failed.abort(error)));
  try {
    await Promise.all(senders);
    ours.throwIfAborted();
    await source.requireEnd();
  } finally {
    await source.end();
  }
  return parts;
}

/** An object's bytes in parts, each taken as soon as there is a buffer for it. */
function partsOf(object: NewObject, signal: AbortSignal) {
  const { name, size, sha256, bytes, isChecked = false } = object;
  const filler = createFiller(bytes, signal);
  const hasher = isChecked ? undefined : new Bun.CryptoHasher("sha256");
  let at = 0;
  let number = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const fill = async (buffer: Uint8Array) => {
    if (at === size) return undefined;
    const body = await filled(filler, buffer.subarray(0, Math.min(buffer.length, size - at)), object);
    hasher?.update(body);
    at += body.length;
    number += 1;
    return { number, body };
  };
  return {
    /** The next part; `undefined` when there is none. */
    next(buffer: Uint8Array) {
      const mine = turn.then(() => fill(buffer));
      turn = mine.catch(() => undefined);
      return mine;
    },
    /** @throws PluginError `invalid` when more comes, or others came than were announced */
    async requireEnd() {
      if (!(await filler.isAtEnd())) throw otherSize(name, size, false);
      if (hasher !== undefined && hasher.digest("hex") !== sha256) throw otherBytes(name);
    },
    end: () => filler.end(),
  };
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
  const call = {
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId: id },
    headers: checksumsOf(bucket, body, sha256),
    body,
    bodySha256: sha256,
    signal,
  } as const;
  const etag = await persistently(async () => {
    const answer = await bucket.send(call);
    await answer.text();
    return answer.headers.get("etag");
  }, signal);
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

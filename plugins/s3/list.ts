/** Listings page by page: of objects, of their versions, of uploads that were never finished. */
import { given, isObjectName, PluginError, type StoredObject } from "contextcore";
import type { Bucket } from "./bucket.ts";
import { childrenOf, textAt, type XmlElement } from "./xml.ts";

/** Objects in archives must be retrieved before they can be read. */
const COLD = ["GLACIER", "DEEP_ARCHIVE"];

/** Every object whose name begins with `prefix`. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  const query = { "list-type": "2", "encoding-type": "url", prefix: bucket.prefix + prefix };
  // Asked for so that an object which was retrieved for a while does not look cold.
  const headers = { "x-amz-optional-object-attributes": "RestoreStatus" };
  const next = (page: XmlElement) => given({ "continuation-token": textAt(page, "NextContinuationToken") });
  for await (const page of pages(bucket, { query, headers, element: "ListBucketResult", next }, signal))
    for (const entry of childrenOf(page, "Contents")) {
      const key = keyIn(entry, page);
      const name = key?.startsWith(bucket.prefix) ? key.slice(bucket.prefix.length) : undefined;
      if (name?.startsWith(prefix) && isObjectName(name)) yield described(entry, name);
    }
}

/** The object of this very name, as a listing has it. */
export async function findInList(
  bucket: Bucket,
  name: string,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  for await (const found of listObjects(bucket, name, signal)) return found.name === name ? found : undefined;
  return undefined;
}

function described(entry: XmlElement, name: string): StoredObject {
  const size = Number(textAt(entry, "Size"));
  const modified = Date.parse(textAt(entry, "LastModified") ?? "");
  if (!Number.isSafeInteger(size) || size < 0 || Number.isNaN(modified))
    throw odd("an object without a size");
  return {
    name: alone(name),
    size,
    modified: BigInt(modified) * 1_000_000n,
    ...(isCold(entry) ? { isCold: true } : {}),
  };
}

/** The same text, which does not keep the one in memory that it was a part of. */
const alone = (text: string): string => Buffer.from(text).toString();

const isCold = (entry: XmlElement): boolean =>
  COLD.includes(textAt(entry, "StorageClass") ?? "") &&
  textAt(entry, "RestoreStatus", "RestoreExpiryDate") === undefined;

/** One version of an object, or the mark that it was deleted. */
export interface Version {
  readonly id: string;
  readonly isMark: boolean;
}

/** All versions of one object, the marks of its deletion too. */
export async function versionsOf(bucket: Bucket, key: string, signal: AbortSignal): Promise<Version[]> {
  const query = { versions: "", "encoding-type": "url", prefix: key };
  const next = (page: XmlElement) =>
    given({
      "key-marker": decodedIn(page, "NextKeyMarker"),
      "version-id-marker": textAt(page, "NextVersionIdMarker"),
    });
  const found: Version[] = [];
  for await (const page of pages(bucket, { query, element: "ListVersionsResult", next }, signal)) {
    for (const entry of page.children) {
      const isMark = entry.name === "DeleteMarker";
      const id = textAt(entry, "VersionId");
      if ((!isMark && entry.name !== "Version") || keyIn(entry, page) !== key || id === undefined) continue;
      found.push({ id, isMark });
    }
    // Keys are in order, and the shortest that begins so is this one.
    if (decodedIn(page, "NextKeyMarker") !== key) break;
  }
  return found;
}

/** The ids of uploads of this object that were never finished. */
export async function uploadsOf(bucket: Bucket, key: string, signal: AbortSignal): Promise<string[]> {
  const query = { uploads: "", "encoding-type": "url", prefix: key };
  const next = (page: XmlElement) =>
    given({
      "key-marker": decodedIn(page, "NextKeyMarker"),
      "upload-id-marker": textAt(page, "NextUploadIdMarker"),
    });
  const found: string[] = [];
  for await (const page of pages(bucket, { query, element: "ListMultipartUploadsResult", next }, signal)) {
    const own = childrenOf(page, "Upload").filter((entry) => keyIn(entry, page) === key);
    found.push(...own.flatMap((entry) => textAt(entry, "UploadId") ?? []));
    if (decodedIn(page, "NextKeyMarker") !== key) break;
  }
  return found;
}

interface Listing {
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the answer's outermost element is called. */
  readonly element: string;
  /** What the query of the next page has besides. */
  readonly next: (page: XmlElement) => Readonly<Record<string, string>>;
}

/** So many pages in a row with nothing in them are a server that never ends. */
const EMPTY_PAGES_MAX = 1_000;

async function* pages(
  bucket: Bucket,
  { query, headers, element, next }: Listing,
  signal: AbortSignal,
): AsyncGenerator<XmlElement> {
  const seen = new Set<string>();
  let more: Readonly<Record<string, string>> = {};
  for (let empty = 0; ; ) {
    const page = await bucket.ask({ query: { ...query, ...more }, ...given({ headers }), signal });
    if (page?.name !== element) throw odd(`an element ${page?.name.slice(0, 40)}`);
    yield page;
    if (textAt(page, "IsTruncated") !== "true") return;
    empty = page.children.some(({ name }) => HOLDS.includes(name)) ? 0 : empty + 1;
    more = next(page);
    const mark = JSON.stringify(more);
    if (seen.has(mark) || mark === "{}" || empty > EMPTY_PAGES_MAX) throw odd("a page that never ends");
    // A server that repeats itself does so at once, or goes round: what lies further back need not be kept.
    if (seen.size > EMPTY_PAGES_MAX) seen.clear();
    seen.add(mark);
  }
}

const HOLDS = ["Contents", "Version", "DeleteMarker", "Upload"];

const odd = (what: string): PluginError =>
  new PluginError("invalid", `a listing has ${what}`, { hint: "Is `url` an S3 service itself?" });

/** The key, if it is text at all: other programs' keys may be any bytes. */
const keyIn = (entry: XmlElement, page: XmlElement): string | undefined =>
  decoded(textAt(entry, "Key"), page);

const decodedIn = (page: XmlElement, name: string): string | undefined => decoded(textAt(page, name), page);

function decoded(text: string | undefined, page: XmlElement): string | undefined {
  if (text === undefined || textAt(page, "EncodingType") !== "url") return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Blocks in a bucket, through Bun's S3 client, read in large pieces. */
import { given, PluginError } from "contextcore";
import type { AsyncBuffer } from "hyparquet";
import { type BlockMeta, type BlockStore, COMPACTED, DATA, META, readMeta } from "./store.ts";

interface S3Options {
  /** `s3://bucket/prefix` */
  readonly url: string;
  readonly tenant: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
}

/** The blocks of one tenant in a bucket. Bun's client finds what the options leave out. */
export function createS3Store({ url, tenant, ...access }: S3Options): BlockStore {
  const { hostname: bucket, pathname } = new URL(url);
  const client = new Bun.S3Client({ bucket, ...given(access) });
  const folder = [...pathname.split("/"), tenant].filter((part) => part !== "").join("/");
  const metas = new Map<string, BlockMeta>();
  const chunked = createChunks();
  const list = async (names: readonly string[], signal: AbortSignal): Promise<BlockMeta[]> => {
    const found = new Map<string, BlockMeta>();
    for (const key of await keysOf(client, `${folder}/`, names, signal)) {
      const directory = key.slice(0, key.lastIndexOf("/"));
      const meta = metas.get(directory) ?? readMeta(await reading(textOf(client.file(key)), key));
      if (meta === undefined) continue;
      metas.set(directory, meta);
      found.set(directory, meta);
    }
    return [...found.values()].sort((a, b) => (a.blockID < b.blockID ? -1 : 1));
  };
  return {
    place: `s3://${bucket}/${folder}`,
    blocks: (signal) => list([META], signal),
    known: (signal) => list([META, COMPACTED], signal),
    async open({ blockID }): Promise<AsyncBuffer> {
      const key = `${folder}/${blockID}/${DATA}`;
      const { size } = await reading(client.stat(key), key);
      const slice = (from: number, to: number): Promise<ArrayBuffer> =>
        reading(client.file(key).slice(from, to).arrayBuffer(), key);
      return chunked(key, { byteLength: size, slice });
    },
  };
}

/** A block's description has a few kilobytes. */
const META_BYTES_MAX = 16 << 20;

async function textOf(file: Bun.S3File): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of file.stream()) {
    length += piece.length;
    if (length > META_BYTES_MAX) throw new Error(`it has more than ${META_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** The keys of all files of these names, of one tenant. */
async function keysOf(
  client: Bun.S3Client,
  prefix: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const keys: string[] = [];
  let continuationToken: string | undefined;
  do {
    signal.throwIfAborted();
    const more = given({ continuationToken });
    const page = await reading(client.list({ prefix, ...more }), prefix);
    for (const { key } of page.contents ?? [])
      if (names.some((name) => key.endsWith(`/${name}`))) keys.push(key);
    continuationToken = page.isTruncated ? page.nextContinuationToken : undefined;
  } while (continuationToken !== undefined);
  return keys;
}

const REFUSED =
  /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|MissingCredentials|Invalid(Endpoint|Path)/;

/** Classifies the client's errors by their code; those that are no refusal may pass. */
async function reading<Result>(part: Promise<Result>, key: string): Promise<Result> {
  try {
    return await part;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const kind = REFUSED.test(code) ? "refused" : code === "NoSuchBucket" ? "not-found" : "temporary";
    throw new PluginError(kind, `${key} in the bucket cannot be read (${code || String(cause)})`, { cause });
  }
}

const CHUNK_BYTES = 1 << 20;
/** Small columns lie side by side; large ones lie too far apart for more pieces to help. */
const CHUNKS_MAX = 8;

/** Makes a file of a bucket cheap to read in small parts. */
type Chunked = (name: string, file: AsyncBuffer) => AsyncBuffer;

/**
 * Reads in large aligned pieces and keeps the newest of them, of all files together. Otherwise each of the hundreds of small
 * parts that a reader of columns asks for would be a request.
 */
function createChunks(): Chunked {
  const chunks = new Map<string, Promise<ArrayBuffer>>();
  const chunk = (name: string, file: AsyncBuffer, index: number): Promise<ArrayBuffer> => {
    const key = `${name} ${index}`;
    const start = index * CHUNK_BYTES;
    const wanted =
      chunks.get(key) ?? Promise.resolve(file.slice(start, Math.min(start + CHUNK_BYTES, file.byteLength)));
    chunks.delete(key);
    chunks.set(key, wanted);
    for (const oldest of chunks.keys()) {
      if (chunks.size <= CHUNKS_MAX) break;
      chunks.delete(oldest);
    }
    wanted.catch(() => chunks.delete(key));
    return wanted;
  };
  return (name, file) => ({
    byteLength: file.byteLength,
    async slice(from, to = file.byteLength) {
      const whole = new Uint8Array(Math.max(0, to - from));
      for (let index = Math.floor(from / CHUNK_BYTES); index * CHUNK_BYTES < to; index++) {
        const start = index * CHUNK_BYTES;
        const bytes = new Uint8Array(await chunk(name, file, index));
        const [first, last] = [Math.max(from - start, 0), Math.min(to - start, bytes.length)];
        whole.set(bytes.subarray(first, last), start + first - from);
      }
      return whole.buffer;
    },
  });
}

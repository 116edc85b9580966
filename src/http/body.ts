/** A server's answer body, decompressed as it arrives and no faster than it is read. */
import { PluginError } from "../contract/errors.ts";
import type { CallPlace } from "./classify.ts";

/** The default request encoding. */
export const ENCODING = "gzip";

const GZIP = /^(x-)?gzip$/;

/** The headers for a body from {@link bodyOf}: after decompression its length differs. */
export function headersOfBody({ headers }: Response): Headers {
  if (!GZIP.test(headers.get("content-encoding")?.trim().toLowerCase() ?? "")) return headers;
  const plain = new Headers(headers);
  for (const name of ["content-encoding", "content-length"]) plain.delete(name);
  return plain;
}

/**
 * The pieces of a body. Bun's own decompression would expand a whole packet at once, and that may be gigabytes.
 * @param accepted the encodings that this call requested: the caller decompresses those, except gzip
 * @throws PluginError `refused` for an encoding that was not requested: every other call would be answered in it, too
 */
export function bodyOf(response: Response, accepted: string, place: CallPlace): AsyncIterator<Uint8Array> {
  const { body, headers } = response;
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  // An empty body is not gzip, although servers sometimes say so.
  if (body === null || headers.get("content-length") === "0") return nothing();
  if (GZIP.test(encoding)) return body.pipeThrough(new DecompressionStream("gzip"))[Symbol.asyncIterator]();
  if (encoding === "identity" || encoding === "" || accepted.includes(encoding))
    return body[Symbol.asyncIterator]();
  throw new PluginError(
    "refused",
    `${place.server}: ${place.call} answered in the encoding ${place.redact(encoding.slice(0, 40))}, which was not asked for`,
  );
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What a server sends as the body of an answer, unpacked as it comes and no faster than it is read. */
import { PluginError } from "../contract/errors.ts";
import type { CallPlace } from "./classify.ts";

/** What is asked for unless a call asks for something else. */
export const ENCODING = "gzip";

const GZIP = /^(x-)?gzip$/;

/** The headers, as they are of a body that {@link bodyOf} gives: unpacked, it has another length. */
export function headersOfBody({ headers }: Response): Headers {
  if (!GZIP.test(headers.get("content-encoding")?.trim().toLowerCase() ?? "")) return headers;
  const plain = new Headers(headers);
  for (const name of ["content-encoding", "content-length"]) plain.delete(name);
  return plain;
}

/**
 * The pieces of a body. Bun's own unpacking would do as much as a packet holds at once, and a packet may hold gigabytes.
 * @param accepted what this call asked for: that is the caller's to unpack, unless it is gzip
 * @throws PluginError `invalid` for an encoding that was not asked for
 */
export function bodyOf(response: Response, accepted: string, place: CallPlace): AsyncIterator<Uint8Array> {
  const { body, headers } = response;
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  // What is empty is no gzip, and is sometimes said to be.
  if (body === null || headers.get("content-length") === "0") return nothing();
  if (GZIP.test(encoding)) return body.pipeThrough(new DecompressionStream("gzip"))[Symbol.asyncIterator]();
  if (encoding === "identity" || encoding === "" || accepted.includes(encoding))
    return body[Symbol.asyncIterator]();
  throw new PluginError(
    "invalid",
    `${place.server}: ${place.call} answered in the encoding ${place.redact(encoding.slice(0, 40))}, which was not asked for`,
  );
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

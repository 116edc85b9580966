import type { HttpAnswer } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { bodyOf, headersOfBody } from "./body.ts";
import { type CallPlace, tooLargeError } from "./classify.ts";
import type { CallLimit } from "./time-limit.ts";

/** How an answer's body is read. */
export interface Reading {
  readonly limit: CallLimit;
  readonly place: CallPlace;
  /** The encodings that were requested. */
  readonly accepted: string;
  /** Most bytes, decompressed, of a body that is read whole. */
  readonly maxBytes: number;
}

/** A response whose body is read under the call's limits, with classified errors. */
export function createAnswer(response: Response, reading: Reading): HttpAnswer {
  const bytes = (): Promise<Uint8Array> => readWhole(response, reading);
  const text = async (): Promise<string> => new TextDecoder().decode(await bytes());
  return {
    status: response.status,
    headers: headersOfBody(response),
    text,
    bytes,
    json: async () => parseJson(await text(), response, reading.place),
    body: chunks(response, reading),
  };
}

/** The start of a body; errors while reading it are ignored. @param most bytes */
export async function readBeginning(response: Response, most: number, reading: Reading): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of chunks(response, reading)) {
      pieces.push(piece);
      length += piece.length;
      if (length >= most) break;
    }
  } catch {
    // The caller reports the status; this is only the server's text about it.
  }
  reading.limit.stop();
  return new TextDecoder().decode(joined(pieces, length).subarray(0, most));
}

/** @throws PluginError `too-large`, as soon as the limit is exceeded */
async function readWhole(
  response: Response,
  { limit, place, accepted, maxBytes }: Reading,
): Promise<Uint8Array> {
  const body = bodyOf(response, accepted, place);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const piece = await limit.guard(body.next());
    if (piece.done) break;
    length += piece.value.length;
    if (length > maxBytes) {
      limit.stop();
      for (const one of pieces) release(one);
      throw tooLargeError(place, maxBytes);
    }
    pieces.push(piece.value);
  }
  limit.end();
  return joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
    release(piece);
  }
  return whole;
}

/** Frees the memory of a used piece at once; the garbage collector is slower. */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

/** The body as it arrives. The time limit restarts with each piece, since a long answer may take long. */
async function* chunks(response: Response, { limit, place, accepted }: Reading): AsyncGenerator<Uint8Array> {
  const body = bodyOf(response, accepted, place);
  try {
    for (;;) {
      const piece = await limit.guard(body.next());
      if (piece.done) return;
      limit.restart();
      yield piece.value;
    }
  } finally {
    limit.end();
    await body.return?.().catch(() => undefined);
  }
}

/** A web page means a wrong address; any other non-JSON may be a truncated answer, so it may be retried. */
function parseJson(source: string, response: Response, place: CallPlace): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    const message = `${place.server}: ${place.call} answered ${response.status} with ${described(source)}`;
    if (!isPage(source)) throw new PluginError("temporary", message, { cause });
    const hint = "Is `url` the server itself, not a login page or a proxy in front of it?";
    throw new PluginError("invalid", message, { hint, cause });
  }
}

const isPage = (source: string): boolean => /^\s*</.test(source);

function described(source: string): string {
  if (source.trim() === "") return "an empty body instead of JSON";
  if (isPage(source)) return "a web page instead of JSON";
  return `${source.length} characters that are not whole JSON`;
}

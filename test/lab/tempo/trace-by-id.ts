/** `GET /api/v2/traces/{id}` and `GET /api/traces/{id}`, JSON and protobuf. */
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { toProtobuf, toProtoJson } from "./encode.ts";
import type { Trace } from "./model.ts";
import { isNowhere } from "./places.ts";
import { BadRequest, requireIds } from "./search.ts";
import type { TempoState } from "./state.ts";
import type { StoredTrace } from "./store.ts";

/** 32 hex digits. @throws BadRequest with Tempo's text */
export function paddedId(text: string): string {
  const bad = /[^0-9a-f]/i.exec(text);
  if (bad !== null) {
    throw new BadRequest(
      `trace IDs can only contain hex characters: invalid character '${bad[0]}' at position ${bad.index + 1}`,
    );
  }
  if (text.length > 32) throw new BadRequest("trace IDs can't be larger than 128 bits");
  return text.toLowerCase().padStart(32, "0");
}

const wantsProtobuf = (request: Request): boolean =>
  request.headers.get("accept")?.includes("application/protobuf") ?? false;

const protobuf = (bytes: Uint8Array<ArrayBuffer>): Response =>
  new Response(bytes, { headers: { "content-type": "application/protobuf" } });

interface Found {
  readonly bytes: Uint8Array;
  readonly trace: () => Trace;
  readonly message?: string;
}

/** The trace as it is served now, after the knobs that cut it. */
function find(id: string, state: TempoState): Found | undefined {
  const { knobs, store } = state;
  if (knobs.unreadable.has(id)) throw new Error("error finding trace by id: failed to read parquet page");
  requireIds({ id }, state);
  const stored = store.get(id);
  if (stored === undefined || knobs.hidden.has(id) || isNowhere(id, state)) return undefined;
  const message = knobs.partial.get(id) ?? tooLarge(stored, state);
  const left = knobs.short.get(id) ?? 0;
  if (left > 0) knobs.short.set(id, left - 1);
  if (left === 0 && message === undefined) return { bytes: stored.bytes(), trace: stored.trace };
  const trace = withoutLastSpan(stored.trace());
  return { bytes: toProtobuf(trace), trace: () => trace, ...(message === undefined ? {} : { message }) };
}

function tooLarge(stored: StoredTrace, { knobs }: TempoState): string | undefined {
  if (stored.bytes().length <= knobs.maxBytesPerTrace) return undefined;
  return `Trace exceeds maximum size of ${knobs.maxBytesPerTrace} bytes, a partial trace is returned`;
}

const withoutLastSpan = (trace: Trace): Trace =>
  trace.map((resourceSpans, index) => ({
    ...resourceSpans,
    scopeSpans: resourceSpans.scopeSpans.map(({ scope, spans }, part) => ({
      scope,
      spans:
        index === trace.length - 1 && part === resourceSpans.scopeSpans.length - 1
          ? spans.slice(0, -1)
          : spans,
    })),
  }));

export function traceV2(id: string, request: Request, state: TempoState): Response {
  const found = find(paddedId(id), state);
  const partial = found?.message === undefined ? undefined : found.message;
  if (!wantsProtobuf(request)) {
    const trace = found === undefined ? {} : { resourceSpans: toProtoJson(found.trace()) };
    const status = partial === undefined ? {} : { status: "PARTIAL", message: partial };
    return Response.json({
      trace,
      metrics: found === undefined ? {} : { inspectedBytes: "51574" },
      ...status,
    });
  }
  const writer = new ProtobufWriter((found?.bytes.length ?? 0) + 64).blob(
    1,
    found?.bytes ?? new Uint8Array(),
  );
  writer.message(2, (inner) => found !== undefined && inner.varint(1, 51_574));
  if (partial !== undefined) writer.varint(3, 1).string(4, partial);
  return protobuf(writer.finish().slice());
}

export function traceV1(id: string, request: Request, state: TempoState): Response {
  const found = find(paddedId(id), state);
  if (found === undefined) return new Response(null, { status: 404 });
  if (found.message?.includes("exceeds maximum size")) {
    return new Response("trace exceeds max size", { status: 422 });
  }
  if (wantsProtobuf(request)) return protobuf(found.bytes.slice());
  return Response.json({ batches: toProtoJson(found.trace()) });
}

/** The OTLP entry, `POST /v1/traces`: what the receiver refuses, and what the distributor cuts or drops in silence. */
import { fromOtlpJson } from "../../../src/otlp/from-json.ts";
import { fromOtlpProtobuf } from "../../../src/otlp/from-protobuf.ts";
import {
  type AnyValue,
  type Attribute,
  type Attributed,
  type ResourceSpans,
  type Span,
  spansOf,
  type Trace,
} from "./model.ts";
import type { TempoState } from "./state.ts";
import { merged, storedTrace } from "./store.ts";

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";

export async function receive(request: Request, state: TempoState): Promise<Response> {
  const type = request.headers.get("content-type")?.split(";")[0] ?? "";
  if (request.method !== "POST") return plain(405, "405 method not allowed, supported: [POST]");
  if (type !== JSON_TYPE && type !== PROTOBUF_TYPE) {
    return plain(415, `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF_TYPE}]`);
  }
  const body = await bodyOf(request);
  try {
    const trace = type === JSON_TYPE ? readJson(new TextDecoder().decode(body)) : fromOtlpProtobuf(body);
    if ([...spansOf(trace)].some(({ span }) => state.knobs.untakable.has(span.traceId)))
      return Response.json({ code: 13, message: "runtime error" }, { status: 500 });
    ingest(trace, state);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return Response.json({ code: 3, message }, { status: 400 });
  }
  if (type === JSON_TYPE) return Response.json({ partialSuccess: {} });
  return new Response(new Uint8Array([0x0a, 0x00]), { headers: { "content-type": PROTOBUF_TYPE } });
}

const plain = (status: number, text: string): Response =>
  new Response(text, { status, headers: { "content-type": "text/plain" } });

async function bodyOf(request: Request): Promise<Uint8Array> {
  const body = new Uint8Array(await request.arrayBuffer());
  return request.headers.get("content-encoding") === "gzip" ? Bun.gunzipSync(body) : body;
}

function readJson(source: string): Trace {
  let document: unknown;
  try {
    document = JSON.parse(source);
  } catch {
    throw new Error(jsoniterError('ReadObject: expect " after {, but found \u0000', source, source.length));
  }
  const bad = /"(?:traceId|spanId|parentSpanId)"\s*:\s*"([^"]*)"/g;
  for (const match of source.matchAll(bad)) {
    const length = match[0].startsWith('"traceId') ? 32 : 16;
    const id = match[1] ?? "";
    if (id === "" || (id.length === length && /^[0-9a-f]+$/i.test(id))) continue;
    const message = "ID.UnmarshalJSONIter: length mismatch";
    throw new Error(jsoniterError(message, source, match.index + match[0].length));
  }
  return fromOtlpJson(document);
}

/** The receiver's JSON library shows ten, then fifty characters around the place where it stopped. */
function jsoniterError(message: string, source: string, head: number): string {
  const around = (reach: number): string => source.slice(Math.max(0, head - reach), head + reach);
  const seen = Math.min(head, 10);
  return `${message}, error found in #${seen} byte of ...|${around(10)}|..., bigger context ...|${around(50)}|...`;
}

/** Stores what was pushed, trace by trace. */
export function ingest(pushed: Trace, state: TempoState): void {
  for (const { span } of spansOf(pushed)) {
    if (span.traceId.length !== 32)
      throw new Error(`trace ids must be 128 bit, received ${span.traceId.length * 4} bits`);
    if (span.spanId.length !== 16 || /^0+$/.test(span.spanId)) {
      throw new Error(`span ids must be 64 bit and not all zero, received ${span.spanId.length * 4} bits`);
    }
  }
  for (const [id, trace] of byTrace(pushed)) {
    if (!admitted(id, state)) continue;
    const known = state.store.get(id);
    const cut = trace.map((one) => asStored(one, state.knobs.maxAttributeBytes));
    const stored = storedTrace(id, known === undefined ? cut : merged(known.trace(), cut));
    state.store.put(stored);
    const pieces = state.pieces.get(id) ?? [];
    state.pieces.set(id, [...pieces, { came: state.now(), trace: storedTrace(id, cut) }]);
    if (stored.start < state.now() - state.knobs.ingestionSlack) state.unsearchable.add(id);
  }
}

/** False when there are as many live traces as may be: the push is still answered with 200. */
function admitted(id: string, { knobs, live, now }: TempoState): boolean {
  const oldest = now() - knobs.traceIdle;
  if (live.size >= knobs.maxTracesPerUser) {
    for (const [other, last] of live) if (last <= oldest) live.delete(other);
  }
  if (knobs.maxTracesPerUser > 0 && !live.has(id) && live.size >= knobs.maxTracesPerUser) return false;
  live.set(id, now());
  return true;
}

function byTrace(pushed: Trace): Map<string, ResourceSpans[]> {
  const ids = new Set([...spansOf(pushed)].map(({ span }) => span.traceId));
  if (ids.size === 1) return new Map([...ids].map((id) => [id, [...pushed]]));
  const found = new Map<string, ResourceSpans[]>();
  for (const { resource, scopeSpans } of pushed) {
    for (const { scope, spans } of scopeSpans) {
      for (const [id, part] of Map.groupBy(spans, (span) => span.traceId)) {
        const list = found.get(id) ?? [];
        found.set(id, list);
        list.push({ resource, scopeSpans: [{ scope, spans: part }] });
      }
    }
  }
  return found;
}

/** Columns that a block keeps apart from the other attributes; they come back behind them, the service last. */
const APART = [
  "k8s.cluster.name",
  "k8s.namespace.name",
  "k8s.pod.name",
  "k8s.container.name",
  "service.name",
];

function asStored({ resource, scopeSpans }: ResourceSpans, most: number): ResourceSpans {
  const attributes = cut(resource, most).attributes;
  const rank = ({ key }: Attribute): number => APART.indexOf(key);
  return {
    resource: { ...resource, attributes: [...attributes].sort((a, b) => rank(a) - rank(b)) },
    scopeSpans: scopeSpans.map(({ scope, spans }) => ({
      scope: cut(scope, most),
      spans: spans.map((span) => cutSpan(span, most)),
    })),
  };
}

const cutSpan = (span: Span, most: number): Span => ({
  ...cut(span, most),
  events: span.events.map((event) => cut(event, most)),
  links: span.links.map((link) => cut(link, most)),
});

function cut<One extends Attributed>(one: One, most: number): One {
  if (one.attributes.every(({ value }) => value.kind !== "string" || value.value.length <= most / 4))
    return one;
  return {
    ...one,
    attributes: one.attributes.map(({ key, value }) => ({ key, value: cutValue(value, most) })),
  };
}

function cutValue(value: AnyValue, most: number): AnyValue {
  if (value.kind !== "string" || Buffer.byteLength(value.value) <= most) return value;
  return {
    kind: "string",
    value: Buffer.from(value.value)
      .subarray(0, most)
      .toString()
      .replace(/\ufffd+$/, ""),
  };
}

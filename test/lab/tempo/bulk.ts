/** Very many traces, made when they are asked for: the bench's data. */
import { toProtobuf } from "./encode.ts";
import { type Attribute, type Span, spansOf, type Trace } from "./model.ts";
import { type StoredTrace, storedTrace } from "./store.ts";

export interface BulkOptions {
  readonly traces: number;
  readonly spansPerTrace: number;
  /** The number of the first: others have other ids. Default 0. */
  readonly first?: number;
  /** The first trace begins here, the last ends before `to`. ns */
  readonly from: bigint;
  readonly to: bigint;
}

const MODEL_ID = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
/** Any moment: times in the model are found by their bytes and moved. */
const MODEL_START = 1_700_000_000_123_456_789n;

/** `traces` traces spread evenly over the range. All have the shape of one model, whose bytes are patched: fast. */
export function* bulkTraces(options: BulkOptions): Generator<StoredTrace> {
  const model = modelTrace(options.spansPerTrace);
  const patch = createPatch(model);
  const spacing = (options.to - options.from) / BigInt(options.traces);
  const { services, end } = storedTrace(MODEL_ID, model);
  for (let index = 0; index < options.traces; index++) {
    // Spread over the whole space of ids, as random ones are.
    const id = (BigInt((options.first ?? 0) + index + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n)
      .toString(16)
      .slice(-32)
      .padStart(32, "0");
    const start = options.from + BigInt(index) * spacing;
    const moved = start - MODEL_START;
    yield {
      id,
      start,
      end: end + moved,
      rootService: "checkout",
      rootName: "operation 0",
      services,
      trace: () => move(model, id, moved),
      bytes: () => patch(id, moved),
    };
  }
}

function modelTrace(spans: number): Trace {
  const text = (key: string, value: string): Attribute => ({ key, value: { kind: "string", value } });
  const none = { droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0, links: [], traceState: "" };
  const span = (index: number): Span => ({
    ...none,
    traceId: MODEL_ID,
    spanId: (index + 1).toString(16).padStart(16, "0"),
    parentSpanId: index === 0 ? "" : "0000000000000001",
    name: `operation ${index}`,
    kind: index === 0 ? 2 : 3,
    start: MODEL_START + BigInt(index) * 1_000_000n,
    end: MODEL_START + BigInt(index + 20) * 1_000_000n,
    attributes: [
      ...[
        text("http.request.method", "GET"),
        text("url.path", `/orders/${index}`),
        text("server.address", "10.0.0.1"),
      ],
      { key: "http.response.status_code", value: { kind: "int", value: 200n } },
      { key: "sampling.rate", value: { kind: "double", value: 0.25 } },
    ],
    events:
      index === 0
        ? [
            {
              time: MODEL_START + 500_000n,
              name: "cache miss",
              attributes: [text("cache.key", "order")],
              droppedAttributes: 0,
            },
          ]
        : [],
    status: { code: index % 5 === 4 ? 2 : 0, message: "" },
  });
  const resource = {
    attributes: [text("k8s.pod.name", "checkout-0"), text("service.name", "checkout")],
    droppedAttributes: 0,
  };
  const scope = { name: "bench", version: "1", attributes: [], droppedAttributes: 0 };
  return [
    { resource, scopeSpans: [{ scope, spans: Array.from({ length: spans }, (_, index) => span(index)) }] },
  ];
}

const move = (trace: Trace, traceId: string, by: bigint): Trace =>
  trace.map(({ resource, scopeSpans }) => ({
    resource,
    scopeSpans: scopeSpans.map(({ scope, spans }) => ({
      scope,
      spans: spans.map((span) => ({
        ...span,
        traceId,
        start: span.start + by,
        end: span.end + by,
        events: span.events.map((event) => ({ ...event, time: event.time + by })),
      })),
    })),
  }));

function createPatch(model: Trace): (id: string, by: bigint) => Uint8Array {
  const bytes = Buffer.from(toProtobuf(model));
  const ids = occurrences(bytes, Buffer.from(MODEL_ID, "hex"));
  const times = new Set(
    [...spansOf(model)].flatMap(({ span }) => [span.start, span.end, ...span.events.map((e) => e.time)]),
  );
  const places = [...times].flatMap((time) => {
    const pattern = Buffer.alloc(8);
    pattern.writeBigUInt64LE(time);
    return occurrences(bytes, pattern).map((at) => ({ at, time }));
  });
  return (id, by) => {
    const copy = Buffer.from(bytes);
    for (const at of ids) copy.write(id, at, "hex");
    for (const { at, time } of places) copy.writeBigUInt64LE(time + by, at);
    return copy;
  };
}

function occurrences(bytes: Buffer, pattern: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) found.push(at);
  return found;
}

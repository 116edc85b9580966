/** OTLP as protobuf (opentelemetry-proto, `trace/v1/trace.proto` and `common/v1/common.proto`). */
import { ProtobufReader } from "../contract/protobuf-reader.ts";
import { type ReadBudget, readBudget, requireShallow, spend } from "./budget.ts";
import type {
  AnyValue,
  Attribute,
  Attributed,
  ResourceSpans,
  Scope,
  ScopeSpans,
  Span,
  SpanEvent,
  SpanLink,
  Trace,
} from "./trace.ts";

/** The resource spans of an ExportTraceServiceRequest, which has the shape of TracesData. @throws RangeError */
export function fromOtlpProtobuf(bytes: Uint8Array, budget: ReadBudget = readBudget()): Trace {
  const found: ResourceSpans[] = [];
  each(new ProtobufReader(bytes), budget, {
    1: (reader) => {
      let resource: Attributed = { attributes: [], droppedAttributes: 0 };
      const scopeSpans: ScopeSpans[] = [];
      each(reader.message(), budget, {
        1: (inner) => {
          resource = readAttributed(inner.message(), budget, { attribute: 1, dropped: 2 });
        },
        2: (inner) => scopeSpans.push(readScopeSpans(inner.message(), budget)),
      });
      found.push({ resource, scopeSpans });
    },
  });
  return found;
}

type Handlers = Readonly<Record<number, (reader: ProtobufReader) => unknown>>;

function each(reader: ProtobufReader, budget: ReadBudget, handlers: Handlers): void {
  while (reader.next()) {
    spend(budget);
    const handle = handlers[reader.field];
    if (handle === undefined) reader.skip();
    else handle(reader);
  }
}

/** Where the attributes and the number of those that were left out stand, and what else is read. */
interface Fields {
  readonly attribute: number;
  readonly dropped: number;
  readonly level?: number;
  readonly more?: Handlers;
}

function readAttributed(
  reader: ProtobufReader,
  budget: ReadBudget,
  { attribute, dropped, level = 0, more = {} }: Fields,
): Attributed {
  const attributes: Attribute[] = [];
  let droppedAttributes = 0;
  each(reader, budget, {
    [attribute]: (inner) => attributes.push(readAttribute(inner.message(), budget, level)),
    [dropped]: (inner) => {
      droppedAttributes = inner.uint32();
    },
    ...more,
  });
  return { attributes, droppedAttributes };
}

function readAttribute(reader: ProtobufReader, budget: ReadBudget, level: number): Attribute {
  let key = "";
  let value: AnyValue = { kind: "none" };
  each(reader, budget, {
    1: (inner) => {
      key = inner.string();
    },
    2: (inner) => {
      value = readValue(inner.message(), budget, level + 1);
    },
  });
  return { key, value };
}

function readValue(reader: ProtobufReader, budget: ReadBudget, level: number): AnyValue {
  requireShallow(level);
  let value: AnyValue = { kind: "none" };
  const set = (next: AnyValue): void => {
    value = next;
  };
  each(reader, budget, {
    1: (inner) => set({ kind: "string", value: inner.string() }),
    2: (inner) => set({ kind: "bool", value: inner.bool() }),
    3: (inner) => set({ kind: "int", value: inner.int64() }),
    4: (inner) => set({ kind: "double", value: inner.double() }),
    5: (inner) => {
      const values: AnyValue[] = [];
      each(inner.message(), budget, {
        1: (item) => values.push(readValue(item.message(), budget, level + 1)),
      });
      set({ kind: "array", value: values });
    },
    6: (inner) =>
      set({
        kind: "kvlist",
        value: readAttributed(inner.message(), budget, { attribute: 1, dropped: 0, level }).attributes,
      }),
    7: (inner) => set({ kind: "bytes", value: inner.slice().slice() }),
  });
  return value;
}

function readScopeSpans(reader: ProtobufReader, budget: ReadBudget): ScopeSpans {
  let scope: Scope = { name: "", version: "", attributes: [], droppedAttributes: 0 };
  const spans: Span[] = [];
  each(reader, budget, {
    1: (inner) => {
      const names = ["", ""];
      const rest = readAttributed(inner.message(), budget, {
        attribute: 3,
        dropped: 4,
        more: {
          1: (name) => (names[0] = name.string()),
          2: (version) => (names[1] = version.string()),
        },
      });
      scope = { ...rest, name: names[0] ?? "", version: names[1] ?? "" };
    },
    2: (inner) => spans.push(readSpan(inner.message(), budget)),
  });
  return { scope, spans };
}

function readSpan(reader: ProtobufReader, budget: ReadBudget): Span {
  const ids = { traceId: "", spanId: "", parentSpanId: "", traceState: "", name: "" };
  const numbers = { kind: 0, start: 0n, end: 0n, droppedEvents: 0, droppedLinks: 0 };
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  let status = { code: 0, message: "" };
  const rest = readAttributed(reader, budget, {
    attribute: 9,
    dropped: 10,
    more: {
      1: (inner) => (ids.traceId = toHex(inner.slice())),
      2: (inner) => (ids.spanId = toHex(inner.slice())),
      3: (inner) => (ids.traceState = inner.string()),
      4: (inner) => (ids.parentSpanId = toHex(inner.slice())),
      5: (inner) => (ids.name = inner.string()),
      6: (inner) => (numbers.kind = inner.uint32()),
      7: (inner) => (numbers.start = inner.fixed64()),
      8: (inner) => (numbers.end = inner.fixed64()),
      11: (inner) => events.push(readEvent(inner.message(), budget)),
      12: (inner) => (numbers.droppedEvents = inner.uint32()),
      13: (inner) => links.push(readLink(inner.message(), budget)),
      14: (inner) => (numbers.droppedLinks = inner.uint32()),
      15: (inner) => (status = readStatus(inner.message(), budget)),
    },
  });
  return { ...rest, ...ids, ...numbers, events, links, status };
}

function readEvent(reader: ProtobufReader, budget: ReadBudget): SpanEvent {
  let time = 0n;
  let name = "";
  const rest = readAttributed(reader, budget, {
    attribute: 3,
    dropped: 4,
    more: {
      1: (inner) => (time = inner.fixed64()),
      2: (inner) => (name = inner.string()),
    },
  });
  return { ...rest, time, name };
}

function readLink(reader: ProtobufReader, budget: ReadBudget): SpanLink {
  const ids = { traceId: "", spanId: "", traceState: "" };
  const rest = readAttributed(reader, budget, {
    attribute: 4,
    dropped: 5,
    more: {
      1: (inner) => (ids.traceId = toHex(inner.slice())),
      2: (inner) => (ids.spanId = toHex(inner.slice())),
      3: (inner) => (ids.traceState = inner.string()),
    },
  });
  return { ...rest, ...ids };
}

function readStatus(reader: ProtobufReader, budget: ReadBudget): { code: number; message: string } {
  const status = { code: 0, message: "" };
  each(reader, budget, {
    2: (inner) => (status.message = inner.string()),
    3: (inner) => (status.code = inner.uint32()),
  });
  return status;
}

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

import { toProtobuf } from "./encode.ts";
import { serviceOf, spansOf, type Trace } from "./model.ts";

/** One trace with what search says of it without reading its spans; they may be made on demand. */
export interface StoredTrace {
  /** 32 hex digits. */
  readonly id: string;
  readonly start: bigint;
  readonly end: bigint;
  /** Empty when no root span has come. */
  readonly rootService: string;
  readonly rootName: string;
  readonly services: Readonly<Record<string, { readonly spanCount: number; readonly errorCount: number }>>;
  trace(): Trace;
  /** `tempopb.Trace`. */
  bytes(): Uint8Array;
}

export interface TraceStore {
  get(id: string): StoredTrace | undefined;
  /** Replaces the trace of this id. */
  put(trace: StoredTrace): void;
  /** All traces, by id, as they stand in a block. */
  all(): readonly StoredTrace[];
}

export function createTraceStore(): TraceStore {
  const byId = new Map<string, StoredTrace>();
  let sorted: readonly StoredTrace[] | undefined;
  return {
    get: (id) => byId.get(id),
    put(trace) {
      byId.set(trace.id, trace);
      sorted = undefined;
    },
    all() {
      sorted ??= [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      return sorted;
    },
  };
}

/** What comes upon a damaged part of a block. */
export class DamagedBlock extends Error {
  constructor() {
    super("error reading block: failed to read parquet page");
  }
}

/** A trace with all its spans in memory; its bytes are made once, when they are first asked for. */
export function storedTrace(id: string, trace: Trace): StoredTrace {
  let bytes: Uint8Array | undefined;
  return {
    id,
    ...summary(trace),
    trace: () => trace,
    bytes() {
      bytes ??= toProtobuf(trace);
      return bytes;
    },
  };
}

function summary(trace: Trace): Omit<StoredTrace, "id" | "trace" | "bytes"> {
  let [start, end] = [0n, 0n];
  let root = { rootService: "", rootName: "" };
  const services: Record<string, { spanCount: number; errorCount: number }> = {};
  for (const { resource, span } of spansOf(trace)) {
    if (start === 0n || span.start < start) start = span.start;
    if (span.end > end) end = span.end;
    if (span.parentSpanId === "") root = { rootService: serviceOf(resource), rootName: span.name };
    const { spanCount = 0, errorCount = 0 } = services[serviceOf(resource)] ?? {};
    const failed = span.status.code === 2 ? 1 : 0;
    services[serviceOf(resource)] = { spanCount: spanCount + 1, errorCount: errorCount + failed };
  }
  return { start, end, ...root, services };
}

/** The spans of both, those that `one` has already (same id and kind) left out, as Tempo's combiner does it. */
export function merged(one: Trace, other: Trace): Trace {
  const key = (span: { spanId: string; kind: number }): string => `${span.spanId}/${span.kind}`;
  const known = new Set([...spansOf(one)].map(({ span }) => key(span)));
  const rest = other.map(({ resource, scopeSpans }) => ({
    resource,
    scopeSpans: scopeSpans
      .map(({ scope, spans }) => ({ scope, spans: spans.filter((span) => !known.has(key(span))) }))
      .filter(({ spans }) => spans.length > 0),
  }));
  return [...one, ...rest.filter(({ scopeSpans }) => scopeSpans.length > 0)];
}

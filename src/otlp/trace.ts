/** Traces as OpenTelemetry sends them (opentelemetry-proto, `trace/v1/trace.proto`): ids in hex, times in ns, what is absent empty. */

/** The value of an attribute. */
export type AnyValue =
  | { readonly kind: "none" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "array"; readonly value: readonly AnyValue[] }
  | { readonly kind: "kvlist"; readonly value: readonly Attribute[] };

/** A name and its value. */
export interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

/** What has attributes. */
export interface Attributed {
  readonly attributes: readonly Attribute[];
  readonly droppedAttributes: number;
}

/** Something that happened within a span. */
export interface SpanEvent extends Attributed {
  readonly time: bigint;
  readonly name: string;
}

/** Another span that this one belongs to. */
export interface SpanLink extends Attributed {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
}

/** One piece of work. */
export interface Span extends Attributed {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly events: readonly SpanEvent[];
  readonly droppedEvents: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinks: number;
  /** 0: unset, 1: ok, 2: error. */
  readonly status: { readonly code: number; readonly message: string };
}

/** What made spans. */
export interface Scope extends Attributed {
  readonly name: string;
  readonly version: string;
}

/** Spans of one scope. */
export interface ScopeSpans {
  readonly scope: Scope;
  readonly spans: readonly Span[];
}

/** Spans of one resource, such as a service. */
export interface ResourceSpans {
  readonly resource: Attributed;
  readonly scopeSpans: readonly ScopeSpans[];
}

/** What is sent at once; spans of any number of traces. */
export type Trace = readonly ResourceSpans[];

/** Every span with what it stands in. */
export function* eachSpan(trace: Trace): Generator<{ resource: Attributed; scope: Scope; span: Span }> {
  for (const { resource, scopeSpans } of trace) {
    for (const { scope, spans } of scopeSpans) for (const span of spans) yield { resource, scope, span };
  }
}

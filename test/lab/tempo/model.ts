/** A trace as the lab keeps it: OTLP's shape, ids in hex, what Tempo does not keep (flags, schema URLs) left out. */
export type AnyValue =
  | { readonly kind: "none" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "array"; readonly value: readonly AnyValue[] }
  | { readonly kind: "kvlist"; readonly value: readonly Attribute[] };

export interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

export interface Attributed {
  readonly attributes: readonly Attribute[];
  readonly droppedAttributes: number;
}

export interface Event extends Attributed {
  readonly time: bigint;
  readonly name: string;
}

export interface Link extends Attributed {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
}

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
  readonly events: readonly Event[];
  readonly droppedEvents: number;
  readonly links: readonly Link[];
  readonly droppedLinks: number;
  readonly status: { readonly code: number; readonly message: string };
}

export interface Scope extends Attributed {
  readonly name: string;
  readonly version: string;
}

export interface ScopeSpans {
  readonly scope: Scope;
  readonly spans: readonly Span[];
}

export interface ResourceSpans {
  readonly resource: Attributed;
  readonly scopeSpans: readonly ScopeSpans[];
}

export type Trace = readonly ResourceSpans[];

export const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
export const STATUSES = ["unset", "ok", "error"] as const;

/** Every span of a trace with what it stands in. */
export function* spansOf(trace: Trace): Generator<{ resource: Attributed; scope: Scope; span: Span }> {
  for (const { resource, scopeSpans } of trace) {
    for (const { scope, spans } of scopeSpans) for (const span of spans) yield { resource, scope, span };
  }
}

export function textOf(attributes: readonly Attribute[], key: string): string | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value?.kind === "string" ? value.value : undefined;
}

export const serviceOf = (resource: Attributed): string => textOf(resource.attributes, "service.name") ?? "";

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const fromHex = (hex: string): Uint8Array => Buffer.from(hex, "hex");

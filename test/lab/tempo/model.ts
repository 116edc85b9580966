/** A trace as the lab keeps it: OTLP's shape, ids in hex, what Tempo does not keep (flags, schema URLs) left out. */
import type { Attribute, Attributed } from "../../../src/otlp/trace.ts";

export type {
  AnyValue,
  Attribute,
  Attributed,
  ResourceSpans,
  Scope,
  ScopeSpans,
  Span,
  SpanEvent as Event,
  SpanLink as Link,
  Trace,
} from "../../../src/otlp/trace.ts";
export { eachSpan as spansOf } from "../../../src/otlp/trace.ts";

export const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
export const STATUSES = ["unset", "ok", "error"] as const;

export function textOf(attributes: readonly Attribute[], key: string): string | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value?.kind === "string" ? value.value : undefined;
}

export const serviceOf = (resource: Attributed): string => textOf(resource.attributes, "service.name") ?? "";

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const fromHex = (hex: string): Uint8Array => Buffer.from(hex, "hex");

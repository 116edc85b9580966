/** The lab's model as OTLP/JSON, written apart from the plugin's own conversion: what a line must say. */
import type { AnyValue, Attribute, Attributed, Scope, Span, Trace } from "../../lab/tempo/model.ts";

export const otlpJson = (trace: Trace): { resourceSpans: object[] } => ({
  resourceSpans: trace.map(({ resource, scopeSpans }) => ({
    resource: attributed(resource),
    scopeSpans: scopeSpans.map(({ scope, spans }) => ({
      scope: scopeJson(scope),
      spans: spans.map(spanJson),
    })),
  })),
});

const filled = (one: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(one).filter(
      ([, value]) => value !== "" && value !== 0 && value !== "0" && !isEmpty(value),
    ),
  );

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const attributed = (one: Attributed): object =>
  filled({ attributes: one.attributes.map(attributeJson), droppedAttributesCount: one.droppedAttributes });

const scopeJson = ({ name, version, ...rest }: Scope): object => ({
  ...filled({ name, version }),
  ...attributed(rest),
});

const attributeJson = ({ key, value }: Attribute): object => ({ key, value: valueJson(value) });

function valueJson(value: AnyValue): object {
  switch (value.kind) {
    case "none":
      return {};
    case "int":
      return { intValue: value.value.toString() };
    case "double":
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case "bytes":
      return { bytesValue: Buffer.from(value.value).toString("base64") };
    case "array":
      return { arrayValue: { values: value.value.map(valueJson) } };
    case "kvlist":
      return { kvlistValue: { values: value.value.map(attributeJson) } };
    default:
      return { [`${value.kind}Value`]: value.value };
  }
}

function spanJson(span: Span): object {
  const { code, message } = span.status;
  return filled({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.start),
    endTimeUnixNano: String(span.end),
    ...attributed(span),
    events: span.events.map((event) => ({
      ...filled({ timeUnixNano: String(event.time), name: event.name }),
      ...attributed(event),
    })),
    droppedEventsCount: span.droppedEvents,
    links: span.links.map((link) => ({
      ...filled({ traceId: link.traceId, spanId: link.spanId, traceState: link.traceState }),
      ...attributed(link),
    })),
    droppedLinksCount: span.droppedLinks,
    status: code === 0 && message === "" ? [] : filled({ code, message }),
  });
}

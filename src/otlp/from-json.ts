/** OTLP/JSON: hex ids, 64-bit integers as strings or numbers, enums as numbers or names. */
import { type ReadBudget, readBudget, requireShallow, spend } from "./budget.ts";
import type { AnyValue, Attributed, Scope, Span, Trace } from "./trace.ts";

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (value !== null && typeof value === "object" ? { ...value } : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => Number(value ?? 0);

/** A longer one would take long to read, and is none of 64 bits. */
function wide(value: unknown): bigint {
  if (typeof value !== "string" && typeof value !== "number") return 0n;
  if (String(value).length > 20) throw new RangeError("a number has more than 64 bits");
  return BigInt(value);
}

function enumeration(value: unknown, names: readonly string[]): number {
  if (typeof value === "string" && !/^\d+$/.test(value)) return Math.max(0, names.indexOf(value));
  return count(value);
}

const KIND_NAMES = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_NAMES = ["UNSET", "OK", "ERROR"].map((name) => `STATUS_CODE_${name}`);

/** The resource spans of an OTLP/JSON document; ids are taken as they are. @throws RangeError, SyntaxError */
export function fromOtlpJson(document: unknown, budget: ReadBudget = readBudget()): Trace {
  return list(fields(document).resourceSpans).map((one) => ({
    resource: attributed(fields(one.resource), budget),
    scopeSpans: list(one.scopeSpans).map((part) => ({
      scope: scopeFromJson(fields(part.scope), budget),
      spans: list(part.spans).map((span) => spanFromJson(span, budget)),
    })),
  }));
}

const attributed = (one: Fields, budget: ReadBudget, level = 0): Attributed => ({
  attributes: list(one.attributes).map(({ key, value }) => ({
    key: text(key),
    value: valueFromJson(value, budget, level + 1),
  })),
  droppedAttributes: count(one.droppedAttributesCount),
});

const scopeFromJson = (one: Fields, budget: ReadBudget): Scope => ({
  ...attributed(one, budget),
  name: text(one.name),
  version: text(one.version),
});

function spanFromJson(one: Fields, budget: ReadBudget): Span {
  const status = fields(one.status);
  spend(budget);
  return {
    ...attributed(one, budget),
    traceId: text(one.traceId).toLowerCase(),
    spanId: text(one.spanId).toLowerCase(),
    parentSpanId: text(one.parentSpanId).toLowerCase(),
    traceState: text(one.traceState),
    name: text(one.name),
    kind: enumeration(one.kind, KIND_NAMES),
    start: wide(one.startTimeUnixNano),
    end: wide(one.endTimeUnixNano),
    events: list(one.events).map((event) => ({
      ...attributed(event, budget),
      time: wide(event.timeUnixNano),
      name: text(event.name),
    })),
    droppedEvents: count(one.droppedEventsCount),
    links: list(one.links).map((link) => ({
      ...attributed(link, budget),
      traceId: text(link.traceId).toLowerCase(),
      spanId: text(link.spanId).toLowerCase(),
      traceState: text(link.traceState),
    })),
    droppedLinks: count(one.droppedLinksCount),
    status: { code: enumeration(status.code, STATUS_NAMES), message: text(status.message) },
  };
}

function valueFromJson(value: unknown, budget: ReadBudget, level: number): AnyValue {
  requireShallow(level);
  spend(budget);
  const one = fields(value);
  if ("stringValue" in one) return { kind: "string", value: text(one.stringValue) };
  if ("boolValue" in one) return { kind: "bool", value: one.boolValue === true };
  if ("intValue" in one) return { kind: "int", value: wide(one.intValue) };
  if ("doubleValue" in one) return { kind: "double", value: Number(one.doubleValue) };
  if ("bytesValue" in one) return { kind: "bytes", value: Buffer.from(text(one.bytesValue), "base64") };
  if ("arrayValue" in one) {
    const { values } = fields(one.arrayValue);
    return { kind: "array", value: list(values).map((item) => valueFromJson(item, budget, level + 1)) };
  }
  if ("kvlistValue" in one) {
    const { attributes } = attributed({ attributes: fields(one.kvlistValue).values }, budget, level);
    return { kind: "kvlist", value: attributes };
  }
  return { kind: "none" };
}

/** `traces.json`: OTLP/JSON TracesData, one trace a line. Spans are timed by their start. */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json, JsonObject } from "../../units/json.ts";
import { createExtent, nsToMs } from "./extent.ts";
import {
  countsNamed,
  type IsKept,
  type LabelSet,
  type LineFacts,
  type LineFormat,
  type LineRecord,
} from "./line-format.ts";
import { list, type Members, members } from "./members.ts";
import { listIn, requiredList, requiredObject } from "./required.ts";

/** `traces.json`: a line is a trace with its spans. */
export const TRACES: LineFormat = {
  file: "traces.json",
  unit: "spans",
  counted: ["spans"],
  lineUnit: "traces",
  check: { measure, claims: countsNamed("traces", "spans") },
  records,
  keep,
  labelled: { unit: "resources", isIdentity: false, value: (stringValue) => ({ stringValue }), sets },
};

function measure(line: Json): LineFacts {
  const extent = createExtent();
  let spans = 0;
  let id: string | undefined;
  for (const resource of listIn(line, "resourceSpans")) {
    for (const scope of listIn(resource, "scopeSpans")) {
      for (const span of listIn(scope, "spans")) {
        const { traceId, startTimeUnixNano } = requiredObject(span);
        if (typeof traceId !== "string") throw new Error("a span has no traceId");
        if (typeof startTimeUnixNano === "string") extent.add(startTimeUnixNano);
        id ??= traceId;
        spans += 1;
      }
    }
  }
  return { counts: { traces: 1, spans }, ...extent.result(), ...(id === undefined ? {} : { id }) };
}

const SPAN = ["spans"];

function* records(line: JsonObject): Generator<LineRecord> {
  for (const resource of requiredList(line.resourceSpans).map(requiredObject)) yield* spansOf(resource);
}

function* spansOf(resource: JsonObject): Generator<LineRecord> {
  for (const scope of requiredList(resource.scopeSpans).map(requiredObject)) {
    for (const span of requiredList(scope.spans).map(requiredObject)) yield recordOf(span, resource, scope);
  }
}

/** A resource's labels are its attributes. */
function* sets(line: JsonObject): Generator<LabelSet> {
  for (const one of requiredList(line.resourceSpans).map(requiredObject)) {
    const { attributes = [] } = requiredObject(one.resource ?? {});
    const pairs = requiredList(attributes).map(requiredObject);
    yield {
      labels: Object.fromEntries(pairs.map(({ key, value = null }) => [`${key}`, value])),
      records: () => spansOf(one),
    };
  }
}

function recordOf(span: JsonObject, { resource }: JsonObject, { scope }: JsonObject): LineRecord {
  const { traceId, kind = 0, startTimeUnixNano: start = "0", endTimeUnixNano: end = "0", name } = span;
  return {
    identity: `${traceId} ${kind} ${start} ${end} ${name}`,
    get content() {
      return `${canonicalJson(resource)} ${canonicalJson(scope)} ${canonicalJson(span)}`;
    },
    get time() {
      const [from, until] = [BigInt(`${start}`), BigInt(`${end}`)];
      return { from, to: (until > from ? until : from) + 1n };
    },
    timeMs: nsToMs(start),
    units: SPAN,
    trace: `${traceId}`,
  };
}

function keep(line: Members, isKept: IsKept): Members {
  const resourceSpans = list(line.resourceSpans).map((resource) => ({
    ...members(resource),
    scopeSpans: list(members(resource).scopeSpans)
      .map((scope) => ({ ...members(scope), spans: list(members(scope).spans).filter(isKept) }))
      .filter(({ spans }) => spans.length > 0),
  }));
  return { ...line, resourceSpans: resourceSpans.filter(({ scopeSpans }) => scopeSpans.length > 0) };
}

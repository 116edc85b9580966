/** `GET /api/v2/search/tags` and `GET /api/v2/search/tag/{name}/values`. */

import { fieldNamed } from "./fields.ts";
import type { Attribute } from "./model.ts";
import { spotsOf, tracesWithin, windowOf } from "./search.ts";
import type { TempoState } from "./state.ts";

const INTRINSIC = [
  ...[
    "duration",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
  ],
  ...[
    "link:spanID",
    "link:traceID",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:id",
    "span:kind",
  ],
  ...["span:name", "span:parentID", "span:status", "span:statusMessage", "status", "statusMessage"],
  ...["trace:duration", "trace:id", "trace:rootName", "trace:rootService", "traceDuration"],
];

export function tags(params: URLSearchParams, state: TempoState): Response {
  const scopes = new Map<string, Set<string>>();
  const note = (scope: string, attributes: readonly Attribute[]): void => {
    const names = scopes.get(scope) ?? new Set();
    for (const { key } of attributes) names.add(key);
    if (names.size > 0) scopes.set(scope, names);
  };
  for (const trace of tracesWithin(windowOf(params, state), state)) {
    for (const { resource, scope, span } of spotsOf(trace)) {
      note("resource", resource.attributes);
      note("instrumentation", scope.attributes);
      note("span", span.attributes);
      for (const event of span.events) note("event", event.attributes);
      for (const link of span.links) note("link", link.attributes);
    }
  }
  const found = [...scopes].map(([name, names]) => ({ name, tags: [...names].sort() }));
  return Response.json({
    scopes: [...found, { name: "intrinsic", tags: INTRINSIC }],
    metrics: { inspectedBytes: "28208" },
  });
}

/** Values of strings and numbers; `resource.service.name` needs no look at the spans. */
export function tagValues(name: string, params: URLSearchParams, state: TempoState): Response {
  const values = new Map<string, { type: string; value: string }>();
  const note = (value: unknown): void => {
    if (value === undefined || value === "") return;
    const type = typeof value === "bigint" ? "int" : typeof value === "number" ? "float" : typeof value;
    values.set(`${type}:${value}`, { type, value: String(value) });
  };
  const field = fieldNamed(name) ?? (() => undefined);
  for (const trace of tracesWithin(windowOf(params, state), state)) {
    if (name === "resource.service.name") for (const service of Object.keys(trace.services)) note(service);
    else for (const spot of spotsOf(trace)) note(field(spot));
  }
  return Response.json({
    ...(values.size === 0 ? {} : { tagValues: [...values.values()] }),
    metrics: { inspectedBytes: "26128" },
  });
}

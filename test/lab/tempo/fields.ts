/** What a query of the lab may name: intrinsics and attributes. */
import { type Attributed, KINDS, type Scope, type Span, STATUSES, serviceOf } from "./model.ts";
import type { StoredTrace } from "./store.ts";

/** What a filter looks at: a span and what it stands in. */
export interface Spot {
  readonly trace: StoredTrace;
  readonly resource: Attributed;
  readonly scope: Scope;
  readonly span: Span;
}

export type Literal = string | number | boolean | bigint | undefined;
export type Field = (spot: Spot) => Literal;
const INTRINSICS: Readonly<Record<string, Field>> = {
  name: ({ span }) => span.name,
  kind: ({ span }) => KINDS[span.kind],
  status: ({ span }) => STATUSES[span.status.code],
  statusMessage: ({ span }) => span.status.message,
  duration: ({ span }) => span.end - span.start,
  "span:id": ({ span }) => span.spanId,
  // As searches show it: without its leading zeros.
  "trace:id": ({ trace }) => trace.id.replace(/^0+/, ""),
  traceDuration: ({ trace }) => trace.end - trace.start,
  rootServiceName: ({ trace }) => trace.rootService,
  rootName: ({ trace }) => trace.rootName,
};
const ALIASES: Readonly<Record<string, string>> = {
  "span:name": "name",
  "span:kind": "kind",
  "span:status": "status",
  "span:statusMessage": "statusMessage",
  "span:duration": "duration",
  "trace:duration": "traceDuration",
  "trace:rootService": "rootServiceName",
  "trace:rootName": "rootName",
};

/** Whether it is not an attribute. */
export const isIntrinsic = (name: string): boolean => name in INTRINSICS || name in ALIASES;
/** Without its scope. */
export const bareName = (name: string): string => name.replace(/^(resource|span|)\./, "");

/** The name that Tempo shows for a field. */
export const canonicalName = (name: string): string => ALIASES[name] ?? name;

/** The value that a name stands for: an intrinsic, `resource.x`, `span.x`, or `.x` (span first, then resource). */
export function fieldNamed(name: string): Field | undefined {
  const intrinsic = INTRINSICS[canonicalName(name)];
  if (intrinsic !== undefined) return intrinsic;
  const [, scope, key = ""] = /^(resource|span|)\.(.+)$/.exec(name) ?? [];
  if (scope === undefined) return undefined;
  return ({ span, resource }) =>
    (scope === "resource" ? undefined : attribute(span, key)) ??
    (scope === "span" ? undefined : attribute(resource, key));
}

function attribute(one: Attributed, key: string): Literal {
  if (key === "service.name" && "events" in one === false) return serviceOf(one) || undefined;
  const value = one.attributes.find((candidate) => candidate.key === key)?.value;
  if (value === undefined || value.kind === "none" || typeof value.value === "object") return undefined;
  return value.value;
}

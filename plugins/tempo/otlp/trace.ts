/**
 * A trace as one line of OTLP/JSON TracesData. The line is the same whichever way the trace was read: equal resources and equal
 * scopes are merged, everything is in the order of time, attributes in the order of their keys.
 */
import type { ResourceGroup, ScannedTrace, ScopeGroup } from "./scan.ts";
import { writeSpan } from "./span.ts";
import type { TextBuffer } from "./text-buffer.ts";

/** Writes the line, its newline included. */
export function writeTrace({ resources }: ScannedTrace, out: TextBuffer): void {
  out.literal('{"resourceSpans":[');
  for (const resource of resources) {
    writeResource(resource, out);
    out.comma();
  }
  out.dropComma();
  out.literal("]}\n");
}

function writeResource({ head, tail, scopes }: ResourceGroup, out: TextBuffer): void {
  out.literal(head);
  out.literal(',"scopeSpans":[');
  for (const scope of scopes) {
    writeScope(scope, out);
    out.comma();
  }
  out.dropComma();
  out.literal("]");
  out.literal(tail);
}

function writeScope({ head, tail, spans }: ScopeGroup, out: TextBuffer): void {
  out.literal(head);
  out.literal(',"spans":[');
  for (const span of spans) {
    writeSpan(span.wire, span, out);
    out.comma();
  }
  out.dropComma();
  out.literal("]");
  out.literal(tail);
}

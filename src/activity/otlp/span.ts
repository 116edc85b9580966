/** What a span stands for: a run, a tool that ran for one, or nothing that is kept here. */
import type { Attributed, Span } from "../../otlp/trace.ts";
import { given } from "../../units/given.ts";
import { namedUuid } from "../../units/uuid.ts";
import type { ToolRun } from "../database/tool-runs.ts";
import type { RunInput } from "../format/input.ts";
import { at } from "../stream/fields.ts";
import { KINDS, NAMES, OLDEST, TOOL } from "./names.ts";
import { saidInSpan } from "./said.ts";
import { type SpanWords, wordsOf } from "./words.ts";

/** See the module. */
type ReadSpan =
  | { readonly kind: "run"; readonly run: RunInput }
  | { readonly kind: "tool"; readonly tool: ToolRun }
  | { readonly kind: "left" | "rejected" };

const TRACE_ID = /^(?!0+$)[\da-f]{32}$/;
const SPAN_ID = /^(?!0+$)[\da-f]{16}$/;

/** Nothing of it need be as it should be. @param resource what sent it */
export function readSpan(span: Span, resource: Attributed): ReadSpan {
  if (!TRACE_ID.test(span.traceId) || !SPAN_ID.test(span.spanId)) return { kind: "rejected" };
  const said = span.events.map(({ attributes }) => attributes);
  const words = wordsOf(span.attributes, ...said, resource.attributes);
  const operation = operationOf(words);
  if (operation === undefined) return { kind: "left" };
  return operation === TOOL
    ? { kind: "tool", tool: toolOf(span, words) }
    : { kind: "run", run: runOf(span, words, operation) };
}

function operationOf(words: SpanWords): string | undefined {
  for (const [name, kinds] of KINDS) {
    const said = words.text([name]);
    if (said !== undefined) return Object.hasOwn(kinds, said) ? kinds[said] : undefined;
  }
  const isOldest = [OLDEST.system, OLDEST.model].every((names) => words.text(names) !== undefined);
  return isOldest ? "chat" : undefined;
}

function runOf(span: Span, words: SpanWords, operation: string): RunInput {
  const { started, ended } = timesOf(span);
  const content = words.text(NAMES.content);
  return {
    id: namedUuid(started, span.traceId, span.spanId),
    ...{ operation, traceId: span.traceId, spanId: span.spanId, started, ended },
    ...given({
      parentId: span.parentSpanId || undefined,
      user: words.text(NAMES.user),
      entity: entityOf(words),
      conversation: words.text(NAMES.conversation),
      upstream: upstreamOf(words),
      provider: words.text(NAMES.provider),
      modelAsked: words.text(NAMES.modelAsked),
      modelAnswered: words.text(NAMES.modelAnswered),
      firstChunk: firstChunkOf(words, started),
      content: content === "none" || content === "redacted" || content === "full" ? content : undefined,
    }),
    ...endOf(span, words),
    ...saidInSpan(span, words, operation),
  };
}

/** ms since 1970. A span without a time is of now. */
function timesOf({ start, end }: Span): { started: number; ended: number } {
  const started = start > 0n ? Number(start / 1_000_000n) : Date.now();
  return { started, ended: end > start ? Number(end / 1_000_000n) : started };
}

function entityOf(words: SpanWords): RunInput["entity"] {
  const [type, id] = [words.text(NAMES.entityType), words.text(NAMES.entityId)];
  return type === undefined || id === undefined ? undefined : { type, id };
}

/** As in a URL. */
function upstreamOf(words: SpanWords): string | undefined {
  const [host, port] = [words.text(NAMES.server), words.count(NAMES.port)];
  const isUsual = port === undefined || port === 443 || port === 80;
  return host === undefined || isUsual ? host : `${host}:${port}`;
}

function firstChunkOf(words: SpanWords, started: number): number | undefined {
  const seconds = words.number(NAMES.firstChunkSeconds);
  const ms = seconds === undefined ? words.number(NAMES.firstChunkMs) : seconds * 1_000;
  return ms === undefined || !(ms >= 0 && ms < 1e9) ? undefined : started + Math.round(ms);
}

function endOf(span: Span, words: SpanWords) {
  const error = errorOf(span, words);
  const isLeft = error !== undefined && /cancel|abort/i.test(error.class);
  return {
    status: error === undefined ? ("ok" as const) : isLeft ? ("cancelled" as const) : ("error" as const),
    ...given({
      tokensInput: words.count(NAMES.tokensInput),
      tokensOutput: words.count(NAMES.tokensOutput),
      tokensCached: words.count(NAMES.tokensCached),
      tokensReasoning: words.count(NAMES.tokensReasoning),
      finishReason: words.text(NAMES.finishReason) ?? finishIn(words),
      error: isLeft ? undefined : error,
    }),
  };
}

/** Some say it of the message only. */
function finishIn(words: SpanWords): string | undefined {
  const found = at(words.json(NAMES.output), 0, "finish_reason");
  return typeof found === "string" ? found : undefined;
}

/** OpenTelemetry's status for it. */
const ERROR = 2;

function errorOf({ status }: Span, words: SpanWords): { class: string; text: string } | undefined {
  if (status.code !== ERROR) return undefined;
  const text = status.message || words.text(NAMES.errorText) || "";
  return { class: words.text(NAMES.errorClass) ?? "error", text };
}

function toolOf(span: Span, words: SpanWords): ToolRun {
  const error = errorOf(span, words);
  return {
    ...{ traceId: span.traceId, spanId: span.spanId, ...timesOf(span) },
    name: words.text(NAMES.toolName) ?? span.name,
    isError: error !== undefined,
    ...given({
      parentId: span.parentSpanId || undefined,
      callId: words.text(NAMES.toolCallId),
      arguments: words.json(NAMES.toolArguments),
      result: words.json(NAMES.toolResult) ?? error?.text,
    }),
  };
}

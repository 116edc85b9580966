/** A run as JSON, as it is printed, served and saved: `jq` reads it. */
import * as v from "valibot";
import { openObject } from "../../contract/any-names.ts";
import { RFC_3339 } from "./input.ts";

const time = v.pipe(v.string(), v.regex(RFC_3339), v.description("RFC 3339"));
const count = v.optional(v.pipe(v.number(), v.description("absent: not known")));
const word = v.optional(v.string());

/** Without what was said. */
export const runSchema = v.object({
  id: v.pipe(v.string(), v.description("UUIDv7")),
  source: v.pipe(v.string(), v.description("the way that it came in: relay, wrapper, otlp or api")),
  upstream: word,
  user: word,
  entity: v.optional(v.object({ type: v.string(), id: v.string() })),
  conversation: word,
  traceId: word,
  spanId: word,
  parentId: word,
  provider: word,
  operation: v.string(),
  modelAsked: word,
  modelAnswered: word,
  status: v.picklist(["running", "ok", "error", "cancelled", "interrupted"]),
  started: time,
  firstChunk: v.optional(time),
  ended: v.optional(time),
  tokensInput: count,
  tokensOutput: count,
  tokensCached: v.optional(v.pipe(v.number(), v.description("of the input"))),
  tokensReasoning: v.optional(v.pipe(v.number(), v.description("of the output"))),
  finishReason: word,
  error: v.optional(
    v.object({
      class: v.string(),
      text: v.optional(v.pipe(v.string(), v.description("for admins"))),
    }),
  ),
  content: v.pipe(v.picklist(["none", "redacted", "full"]), v.description("what of the messages was kept")),
  redactions: v.pipe(v.number(), v.description("secrets that were blotted out")),
  cutBytes: v.pipe(v.number(), v.description("how much was left out for its size")),
});

const message = v.object({
  role: v.string(),
  parts: v.pipe(
    v.array(openObject({ type: v.string() })),
    v.title(
      "parts as OpenTelemetry's GenAI conventions name them: text, reasoning, tool_call, tool_call_response, blob, uri",
    ),
  ),
});

const toolCall = v.object({
  id: word,
  name: v.string(),
  arguments: v.optional(v.unknown()),
  result: v.optional(v.unknown()),
  status: v.picklist(["called", "answered", "error"]),
  called: time,
  answered: v.optional(time),
  answeredBy: v.optional(v.pipe(v.string(), v.description("the run that brought the result"))),
});

/** With its messages and tool calls. */
export const wholeRunSchema = v.object({
  ...runSchema.entries,
  input: v.array(message),
  output: v.array(message),
  toolCalls: v.array(toolCall),
});

/** See {@link runSchema}. */
export type RunJson = v.InferOutput<typeof runSchema>;
/** See {@link wholeRunSchema}. */
export type WholeRunJson = v.InferOutput<typeof wholeRunSchema>;

/** A run as JSON that somebody else wrote: what `activity record` and the API take. It is the form in which runs are shown. */
import * as v from "valibot";
import type { Json } from "../../units/json.ts";
import { nestsDeeper } from "../../units/nesting.ts";
import type { Message } from "./run.ts";

/** A time. */
export const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const time = v.pipe(
  v.string(),
  v.regex(RFC_3339, "not an RFC 3339 time"),
  v.transform((text) => Date.parse(text)),
  v.check((at) => at >= 0, "not a time since 1970"),
);

/** Whatever is done with a value is done level by level. */
const LEVELS = 200;

const json = v.custom<Json>((value) => !nestsDeeper(value, LEVELS), `nested more than ${LEVELS} levels deep`);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.string();

/** A part of a message, as others write it and as it is saved. */
export const partSchema = v.variant("type", [
  v.object({ type: v.literal("text"), text }),
  v.object({ type: v.literal("reasoning"), text }),
  v.object({ type: v.literal("uri"), uri: text }),
  v.object({
    type: v.literal("tool_call"),
    id: v.exactOptional(text),
    name: text,
    arguments: v.exactOptional(json),
  }),
  v.object({
    type: v.literal("tool_call_response"),
    id: v.exactOptional(text),
    response: v.exactOptional(json),
  }),
  v.object({ type: v.literal("blob"), mediaType: v.exactOptional(text), bytes: count, sha256: text }),
]);

/** A content may also be one text, which is what most people have. */
const messageSchema = v.union([
  v.object({ role: text, parts: v.array(partSchema) }),
  v.pipe(
    v.object({ role: text, content: text }),
    v.transform(({ role, content }) => ({ role, parts: [{ type: "text" as const, text: content }] })),
  ),
]);

const messages = v.optional(v.array(messageSchema), []);

/** Members that are not known here are left out. */
export const runInputSchema = v.object({
  id: v.exactOptional(v.pipe(text, v.uuid("not a UUID"))),
  user: v.exactOptional(text),
  entity: v.exactOptional(v.object({ type: text, id: text })),
  conversation: v.exactOptional(text),
  traceId: v.exactOptional(text),
  spanId: v.exactOptional(text),
  parentId: v.exactOptional(text),
  upstream: v.exactOptional(text),
  provider: v.exactOptional(text),
  operation: v.optional(text, "chat"),
  modelAsked: v.exactOptional(text),
  modelAnswered: v.exactOptional(text),
  status: v.optional(v.picklist(["ok", "error", "cancelled", "interrupted"]), "ok"),
  started: v.exactOptional(time),
  firstChunk: v.exactOptional(time),
  ended: v.exactOptional(time),
  tokensInput: v.exactOptional(count),
  tokensOutput: v.exactOptional(count),
  tokensCached: v.exactOptional(count),
  tokensReasoning: v.exactOptional(count),
  finishReason: v.exactOptional(text),
  error: v.exactOptional(v.object({ class: text, text })),
  content: v.exactOptional(v.picklist(["none", "redacted", "full"])),
  input: messages,
  output: messages,
});

/** See {@link runInputSchema}. */
export interface RunInput extends Omit<v.InferOutput<typeof runInputSchema>, "input" | "output"> {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

/** A run as a line of a snapshot: as it is printed, with when it was written down, and whose calls its input answers. */
import * as v from "valibot";
import { partSchema, RFC_3339 } from "./input.ts";
import { wholeRunSchema } from "./whole-run.ts";

const time = v.pipe(
  v.string(),
  v.regex(RFC_3339),
  v.check((text) => !Number.isNaN(Date.parse(text)), "no such time"),
  v.description("RFC 3339"),
);
const messages = v.array(v.object({ role: v.string(), parts: v.array(partSchema) }));

/** A line of `activity/runs.jsonl`. */
export const runRecordSchema = v.object({
  recorded: v.pipe(time, v.description("when its end was written down: runs are saved in this order")),
  ...wholeRunSchema.entries,
  id: v.pipe(v.string(), v.uuid(), v.description("UUIDv7")),
  source: v.picklist(["relay", "wrapper", "otlp", "api"]),
  status: v.picklist(["ok", "error", "cancelled", "interrupted"]),
  started: time,
  firstChunk: v.optional(time),
  ended: v.optional(time),
  content: v.pipe(v.picklist(["none", "redacted", "full"]), v.description("what of it is in this line")),
  input: messages,
  output: messages,
  toolCalls: v.array(
    v.object({
      ...wholeRunSchema.entries.toolCalls.item.entries,
      called: time,
      answered: v.optional(time),
    }),
  ),
  answersTo: v.optional(
    v.pipe(
      v.array(v.object({ run: v.string(), call: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
      v.description("the tool calls whose results it brought: the run, and which of its calls, from 0"),
    ),
  ),
});

/** See {@link runRecordSchema}. */
export type SavedRun = v.InferOutput<typeof runRecordSchema>;

/** The same, but of what was said only that it was: as if that had never been kept. */
export function withoutSaid(record: SavedRun): SavedRun {
  const { error, toolCalls } = record;
  return {
    ...record,
    ...(error !== undefined && { error: { class: error.class, text: "" } }),
    ...{ content: "none", input: [], output: [] },
    toolCalls: toolCalls.map(({ arguments: _, result: __, ...call }) => call),
  };
}

/** Rows of the database as JSON. What is not known is absent. */
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { Message } from "../format/run.ts";
import type { RunJson, WholeRunJson } from "../format/whole-run.ts";
import type { RunRow } from "./list.ts";
import type { WholeRun } from "./show.ts";

const timeOf = (at: unknown): string | undefined =>
  typeof at === "number" ? new Date(at).toISOString() : undefined;
const wordOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const countOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Without what was said. */
export function runJson(row: RunRow): RunJson {
  const [type, id] = [wordOf(row.entity_type), wordOf(row.entity_id)];
  const failure = wordOf(row.error_class);
  return {
    id: row.id,
    source: String(row.source),
    ...given({
      upstream: wordOf(row.upstream),
      user: wordOf(row.user),
      entity: type === undefined || id === undefined ? undefined : { type, id },
      conversation: wordOf(row.conversation),
      traceId: wordOf(row.trace_id),
      spanId: wordOf(row.span_id),
      parentId: wordOf(row.parent_id),
      provider: wordOf(row.provider),
    }),
    operation: String(row.operation),
    ...given({ modelAsked: wordOf(row.model_asked), modelAnswered: wordOf(row.model_answered) }),
    status: row.status as RunJson["status"],
    started: timeOf(row.started) ?? "",
    ...given({ firstChunk: timeOf(row.first_chunk), ended: timeOf(row.ended) }),
    ...given({
      tokensInput: countOf(row.tokens_input),
      tokensOutput: countOf(row.tokens_output),
      tokensCached: countOf(row.tokens_cached),
      tokensReasoning: countOf(row.tokens_reasoning),
    }),
    ...given({
      finishReason: wordOf(row.finish_reason),
      error: failure === undefined ? undefined : { class: failure, text: wordOf(row.error_text) ?? "" },
    }),
    content: row.content as RunJson["content"],
    redactions: Number(row.redactions),
    cutBytes: Number(row.cut_bytes),
  };
}

/** With it. */
export const wholeRunJson = ({ run, input, output, toolCalls }: WholeRun): WholeRunJson => ({
  ...runJson(run),
  input: input.map(messageJson),
  output: output.map(messageJson),
  toolCalls: toolCalls.map((call) => ({
    ...given({ id: call.call_id ?? undefined }),
    name: call.name,
    ...given({ arguments: jsonOf(call.arguments), result: jsonOf(call.result) }),
    status: call.status as WholeRunJson["toolCalls"][number]["status"],
    called: timeOf(call.called) ?? "",
    ...given({ answered: timeOf(call.answered), answeredBy: call.answered_by ?? undefined }),
  })),
});

const messageJson = ({ role, parts }: Message) => ({ role, parts: parts.map((part) => ({ ...part })) });

const jsonOf = (text: string | null): Json | undefined => (text === null ? undefined : JSON.parse(text));

/** OpenAI's chat completions, and whatever speaks like them (https://platform.openai.com/docs/api-reference/chat). */
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { Message, ModelAnswer, Part, Tokens } from "../format/run.ts";
import { createAssembly, toolCall } from "./assembly.ts";
import type { Dialect } from "./dialect.ts";
import { at, countAt, listAt, textAt } from "./fields.ts";
import { contentParts, errorIn, responsePart } from "./parts.ts";

/** There are no more choices; a stream could name a new one with each event. */
const CHOICES_MAX = 1_000;

/** OpenAI's, and whatever speaks like them. */
export const chat: Dialect = {
  call: "chat",
  asked: (body) => ({
    ...given({ model: textAt(body, "model"), user: textAt(body, "user") }),
    input: listAt(body, "messages").map((one) => messageOf(one)),
    isStream: at(body, "stream") === true,
  }),
  answered: (body) => ({
    ...given({
      model: textAt(body, "model"),
      finishReason: textAt(body, "choices", 0, "finish_reason"),
      error: errorIn(at(body, "error")),
    }),
    output: listAt(body, "choices").map((choice) => messageOf(at(choice, "message"), "assistant")),
    tokens: tokensOf(at(body, "usage")),
  }),
  stream(allowance) {
    const assembly = createAssembly(allowance);
    let [model, finishReason, error]: [string?, string?, ModelAnswer["error"]?] = [];
    let tokens: Tokens = {};
    let isDone = false;
    /** Whether a choice has come to its end. */
    const ended = new Map<number, boolean>();

    const takeChoice = (choice: Json): void => {
      const index = countAt(choice, "index") ?? 0;
      const reason = textAt(choice, "finish_reason");
      finishReason ??= reason;
      if (ended.has(index) || ended.size < CHOICES_MAX)
        ended.set(index, reason !== undefined || ended.get(index) === true);
      takeDelta(index, at(choice, "delta"));
    };
    const takeDelta = (choice: number, delta: unknown): void => {
      const thought = textAt(delta, "reasoning_content") ?? textAt(delta, "reasoning") ?? "";
      assembly.text(choice, "reasoning", thought, "reasoning");
      for (const name of ["content", "refusal"]) assembly.text(choice, name, textAt(delta, name) ?? "");
      for (const [order, call] of listAt(delta, "tool_calls").entries()) {
        const begun = { id: textAt(call, "id"), name: textAt(call, "function", "name") };
        const key = `call ${countAt(call, "index") ?? order}`;
        assembly.call(choice, key, begun, textAt(call, "function", "arguments"));
      }
    };

    return {
      take({ data }, body) {
        if (data === "[DONE]") isDone = true;
        model ??= textAt(body, "model");
        error ??= errorIn(at(body, "error"));
        // With `include_usage` they come behind the last choice, in an event that has none; elsewhere they are null.
        if (at(body, "usage") != null) tokens = tokensOf(at(body, "usage"));
        for (const choice of listAt(body, "choices")) takeChoice(choice);
      },
      answer: () => ({ output: assembly.messages(), tokens, ...given({ model, finishReason, error }) }),
      isWhole: () => isDone || (ended.size > 0 && ![...ended.values()].includes(false)),
    };
  },
};

function messageOf(message: unknown, side = "user"): Message {
  const role = textAt(message, "role") ?? side;
  const content = contentParts(at(message, "content"));
  if (role === "tool")
    return { role, parts: [responsePart(textAt(message, "tool_call_id"), at(message, "content"))] };
  const thought = textAt(message, "reasoning_content") ?? textAt(message, "reasoning");
  const refusal = textAt(message, "refusal");
  return {
    role,
    parts: [
      ...(thought === undefined ? [] : [{ type: "reasoning" as const, text: thought }]),
      ...content,
      ...(refusal === undefined ? [] : [{ type: "text" as const, text: refusal }]),
      ...listAt(message, "tool_calls").map(callOf),
    ],
  };
}

const callOf = (call: Json): Part =>
  toolCall(
    { id: textAt(call, "id"), name: textAt(call, "function", "name") },
    textAt(call, "function", "arguments") ?? "",
  );

const tokensOf = (usage: unknown): Tokens =>
  given({
    input: countAt(usage, "prompt_tokens"),
    output: countAt(usage, "completion_tokens"),
    cached: countAt(usage, "prompt_tokens_details", "cached_tokens"),
    reasoning: countAt(usage, "completion_tokens_details", "reasoning_tokens"),
  });

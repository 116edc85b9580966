/** OpenAI's responses (https://platform.openai.com/docs/api-reference/responses). */
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { Message, ModelAnswer, Part, Tokens } from "../format/run.ts";
import { createAssembly, toolCall } from "./assembly.ts";
import type { Dialect } from "./dialect.ts";
import { at, countAt, listAt, textAt } from "./fields.ts";
import { contentParts, errorIn, responsePart } from "./parts.ts";

/** OpenAI's, and whatever speaks like them. */
export const responses: Dialect = {
  call: "chat",
  asked: (body) => ({
    ...given({
      model: textAt(body, "model"),
      user: textAt(body, "user") ?? textAt(body, "safety_identifier"),
    }),
    input: [...instructions(body), ...inputOf(at(body, "input"))],
    isStream: at(body, "stream") === true,
  }),
  answered,
  stream(allowance) {
    const assembly = createAssembly(allowance);
    let whole: ModelAnswer | undefined;
    let [model, finishReason, error]: [string?, string?, ModelAnswer["error"]?] = [];

    /** Too large an end to be read is one all the same; what there was came in pieces before. */
    const takeEnd = (name: string, body: Json | undefined): void => {
      if (body !== undefined) whole = answered(at(body, "response"));
      else finishReason = name;
      if (body === undefined && name === "failed") error ??= { class: "failed", text: "" };
    };
    const takeItem = (body: Json): void => {
      const item = at(body, "item");
      if (textAt(item, "type") !== "function_call") return;
      assembly.call(0, keyOf(body), { id: textAt(item, "call_id"), name: textAt(item, "name") });
    };
    /** With `done` comes all of it, where no piece did before. */
    const takeArguments = (body: Json): void => {
      const all = assembly.hasPieces(0, keyOf(body)) ? undefined : textAt(body, "arguments");
      assembly.call(0, keyOf(body), {}, textAt(body, "delta") ?? all);
    };

    return {
      take({ event }, body) {
        const type = textAt(body, "type") ?? event;
        const [, end] = /^response\.(completed|incomplete|failed)$/.exec(type) ?? [];
        if (end !== undefined) return takeEnd(end, body);
        if (body === undefined) return;
        model ??= textAt(body, "response", "model");
        if (type === "error") error ??= errorIn(at(body, "error") ?? body);
        else if (type === "response.output_item.added") takeItem(body);
        else if (/^response\.function_call_arguments\.(delta|done)$/.test(type)) takeArguments(body);
        else if (/^response\.(output_text|refusal)\.delta$/.test(type))
          assembly.text(0, keyOf(body), textAt(body, "delta") ?? "");
        else if (/^response\.reasoning\w*\.delta$/.test(type))
          assembly.text(0, keyOf(body), textAt(body, "delta") ?? "", "reasoning");
      },
      answer: () =>
        whole ?? { output: assembly.messages(), tokens: {}, ...given({ model, finishReason, error }) },
      isWhole: () => whole !== undefined || finishReason !== undefined,
    };
  },
};

const keyOf = (body: Json): string =>
  `${countAt(body, "output_index") ?? 0} ${countAt(body, "content_index") ?? countAt(body, "summary_index") ?? ""}`.trim();

function answered(body: unknown): ModelAnswer {
  const parts = listAt(body, "output").flatMap(outputParts);
  return {
    ...given({
      model: textAt(body, "model"),
      finishReason: textAt(body, "incomplete_details", "reason") ?? textAt(body, "status"),
      error: errorIn(at(body, "error")),
    }),
    output: parts.length === 0 ? [] : [{ role: "assistant", parts }],
    tokens: tokensOf(at(body, "usage")),
  };
}

const instructions = (body: Json): Message[] => {
  const parts = contentParts(at(body, "instructions"));
  return parts.length === 0 ? [] : [{ role: "system", parts }];
};

function inputOf(input: unknown): Message[] {
  if (typeof input === "string") return [{ role: "user", parts: contentParts(input) }];
  return listAt({ input }, "input").map((item) => {
    const type = textAt(item, "type") ?? "message";
    if (type !== "message")
      return { role: type === "function_call" ? "assistant" : "tool", parts: outputParts(item) };
    return { role: textAt(item, "role") ?? "user", parts: contentParts(at(item, "content")) };
  });
}

function outputParts(item: Json): Part[] {
  const type = textAt(item, "type") ?? "message";
  if (type === "message") return contentParts(at(item, "content"));
  if (type === "function_call")
    return [
      toolCall({ id: textAt(item, "call_id"), name: textAt(item, "name") }, textAt(item, "arguments") ?? ""),
    ];
  if (type === "function_call_output") return [responsePart(textAt(item, "call_id"), at(item, "output"))];
  if (type === "reasoning")
    return [...listAt(item, "summary"), ...listAt(item, "content")].map((one) => ({
      type: "reasoning",
      text: textAt(one, "text") ?? "",
    }));
  return [{ type: "text", text: JSON.stringify(item) }];
}

const tokensOf = (usage: unknown): Tokens =>
  given({
    input: countAt(usage, "input_tokens"),
    output: countAt(usage, "output_tokens"),
    cached: countAt(usage, "input_tokens_details", "cached_tokens"),
    reasoning: countAt(usage, "output_tokens_details", "reasoning_tokens"),
  });

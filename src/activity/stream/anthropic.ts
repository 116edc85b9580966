/** Anthropic's messages (https://docs.anthropic.com/en/api/messages, and its streaming events). */
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { Message, ModelAnswer, Tokens } from "../format/run.ts";
import { createAssembly } from "./assembly.ts";
import type { Dialect } from "./dialect.ts";
import { at, countAt, listAt, textAt } from "./fields.ts";
import { contentParts, errorIn } from "./parts.ts";

/** Anthropic's, and whatever speaks like them. */
export const messages: Dialect = {
  call: "chat",
  asked: (body) => ({
    ...given({ model: textAt(body, "model"), user: textAt(body, "metadata", "user_id") }),
    input: [...systemOf(body), ...listAt(body, "messages").map(messageIn)],
    isStream: at(body, "stream") === true,
  }),
  answered: (body) => {
    const parts = contentParts(at(body, "content"));
    return {
      ...given({
        model: textAt(body, "model"),
        finishReason: textAt(body, "stop_reason"),
        error: errorIn(at(body, "error")),
      }),
      output: parts.length === 0 ? [] : [{ role: textAt(body, "role") ?? "assistant", parts }],
      tokens: tokensOf(at(body, "usage")),
    };
  },
  stream(allowance) {
    const assembly = createAssembly(allowance);
    let [model, finishReason, error]: [string?, string?, ModelAnswer["error"]?] = [];
    let usage: Readonly<Record<string, Json | undefined>> = {};
    let isWhole = false;

    const takeBlock = (key: string, block: unknown): void => {
      const type = textAt(block, "type") ?? "";
      if (type.endsWith("tool_use"))
        assembly.call(0, key, { id: textAt(block, "id"), name: textAt(block, "name") });
      else if (type === "thinking") assembly.text(0, key, textAt(block, "thinking") ?? "", "reasoning");
      else if (type === "text") assembly.text(0, key, textAt(block, "text") ?? "");
      else for (const part of contentParts([block])) assembly.whole(0, `${key} at once`, part);
    };
    const takeDelta = (key: string, delta: unknown): void => {
      const thought = textAt(delta, "thinking");
      const piece = textAt(delta, "partial_json");
      if (piece !== undefined) assembly.call(0, key, {}, piece);
      else if (thought !== undefined) assembly.text(0, key, thought, "reasoning");
      else assembly.text(0, key, textAt(delta, "text") ?? "");
    };

    return {
      take({ event }, body) {
        const type = textAt(body, "type") ?? event;
        const key = `${countAt(body, "index") ?? 0}`;
        model ??= textAt(body, "message", "model");
        finishReason ??= textAt(body, "delta", "stop_reason");
        // Each says what there was until then: the last one counts.
        for (const said of [at(body, "message", "usage"), at(body, "usage")])
          usage = { ...usage, ...counted(said) };
        if (type === "content_block_start") takeBlock(key, at(body, "content_block"));
        else if (type === "content_block_delta") takeDelta(key, at(body, "delta"));
        else if (type === "error") error ??= errorIn(at(body, "error"));
        else if (type === "message_stop") isWhole = true;
      },
      answer: () => ({
        output: assembly.messages(),
        tokens: tokensOf(usage),
        ...given({ model, finishReason, error }),
      }),
      isWhole: () => isWhole,
    };
  },
};

const systemOf = (body: Json): Message[] => {
  const parts = contentParts(at(body, "system"));
  return parts.length === 0 ? [] : [{ role: "system", parts }];
};

const messageIn = (message: Json): Message => ({
  role: textAt(message, "role") ?? "user",
  parts: contentParts(at(message, "content")),
});

const COUNTS = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;

const counted = (usage: unknown) =>
  given(Object.fromEntries(COUNTS.map((name) => [name, countAt(usage, name)])));

/** What was read from a cache or written to one is not in its `input_tokens`. */
function tokensOf(usage: unknown): Tokens {
  const input = countAt(usage, "input_tokens");
  const [cached, written] = [
    countAt(usage, "cache_read_input_tokens"),
    countAt(usage, "cache_creation_input_tokens"),
  ];
  return given({
    input: input === undefined ? undefined : input + (cached ?? 0) + (written ?? 0),
    output: countAt(usage, "output_tokens"),
    cached,
  });
}

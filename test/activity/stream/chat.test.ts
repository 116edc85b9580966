/** OpenAI's chat completions, in the shapes that their documentation shows. */
import { describe, expect, test } from "bun:test";
import type { AnswerRead } from "../../../src/activity/stream/exchange.ts";
import { answer, asked, streamed } from "./answers.ts";

describe("chat completions", () => {
  const path = "/v1/chat/completions";
  const chunk = (delta: object, more: object = {}) => ({
    id: "c-1",
    object: "chat.completion.chunk",
    model: "gpt-4o-2024-08-06",
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
    usage: null,
  });

  test("a request: texts, a picture, a tool's call and its result", () => {
    expect(
      asked(path, {
        model: "gpt-4o",
        stream: true,
        user: "ada",
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
              { type: "image_url", image_url: { url: "https://example.com/a.png" } },
            ],
          },
          {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "look", arguments: '{"at":1}' } },
            ],
          },
          { role: "tool", tool_call_id: "call_1", content: "a cat" },
        ],
      }),
    ).toEqual({
      model: "gpt-4o",
      user: "ada",
      isStream: true,
      input: [
        { role: "system", parts: [{ type: "text", text: "Be brief." }] },
        {
          role: "user",
          parts: [
            { type: "text", text: "What is this?" },
            { type: "blob", mediaType: "image/png", bytes: 3, sha256: expect.stringMatching(/^709e80c8/) },
            { type: "uri", uri: "https://example.com/a.png" },
          ],
        },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "call_1", name: "look", arguments: { at: 1 } }],
        },
        { role: "tool", parts: [{ type: "tool_call_response", id: "call_1", response: "a cat" }] },
      ],
    });
  });

  test("an answer at once", () => {
    const body = {
      model: "gpt-4o-2024-08-06",
      choices: [{ index: 0, message: { role: "assistant", content: "A cat." }, finish_reason: "stop" }],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 12,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    };
    for (const size of [1, 13, 10_000])
      expect(answer(path, body, "application/json", size)).toEqual({
        model: "gpt-4o-2024-08-06",
        finishReason: "stop",
        output: [{ role: "assistant", parts: [{ type: "text", text: "A cat." }] }],
        tokens: { input: 9, output: 12, cached: 4, reasoning: 2 },
        isWhole: true,
        cutBytes: 0,
      });
  });

  const CALLS = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "I " }),
    chunk({ content: "look." }),
    chunk({
      tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "look", arguments: "" } }],
    }),
    chunk({
      tool_calls: [
        { index: 1, id: "call_b", type: "function", function: { name: "ask", arguments: '{"q"' } },
      ],
    }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] }),
    chunk({ tool_calls: [{ index: 1, function: { arguments: ':"🚀"}' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
    chunk({}, { finish_reason: "tool_calls" }),
    { model: "gpt-4o", choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } },
    "[DONE]",
  ];
  const READ = {
    model: "gpt-4o-2024-08-06",
    finishReason: "tool_calls",
    output: [
      {
        role: "assistant",
        parts: [
          { type: "text", text: "I look." },
          { type: "tool_call", id: "call_a", name: "look", arguments: { at: 1 } },
          { type: "tool_call", id: "call_b", name: "ask", arguments: { q: "🚀" } },
        ],
      },
    ],
    tokens: { input: 5, output: 7 },
    isWhole: true,
    cutBytes: 0,
  };

  test("a stream with parallel tool calls, and the tokens behind the last choice, split at every byte", () => {
    for (const size of [1, 2, 17, 1 << 20]) expect(streamed(path, CALLS, size)).toEqual(READ as AnswerRead);
  });

  test("without include_usage tokens are unknown, and not 0", () => {
    const told = streamed(
      path,
      CALLS.filter((one) => typeof one === "string" || one.usage === null),
    );
    expect(told.tokens).toEqual({});
    expect(told.isWhole).toBe(true);
  });

  test("a stream that breaks off is not whole, and has what came", () => {
    const { isWhole, output } = streamed(path, CALLS.slice(0, 3));
    expect([isWhole, output]).toEqual([
      false,
      [{ role: "assistant", parts: [{ type: "text", text: "I look." }] }],
    ]);
  });

  test("several choices, interleaved", () => {
    const of = (index: number, content: string) => ({ choices: [{ index, delta: { content } }] });
    const { output } = streamed(path, [of(1, "b"), of(0, "a"), of(1, "B"), of(0, "A")]);
    expect(output.map(({ parts }) => parts)).toEqual([
      [{ type: "text", text: "aA" }],
      [{ type: "text", text: "bB" }],
    ]);
  });

  test("without a last word a stream is whole once each choice has ended", () => {
    const of = (index: number, finish_reason: string | null) => ({
      choices: [{ index, delta: { content: "a" }, finish_reason }],
    });
    const isWhole = (...events: readonly object[]) => streamed(path, events).isWhole;
    expect(isWhole(of(0, null), of(1, null), of(0, "stop"), of(1, null))).toBe(false);
    expect(isWhole(of(0, null), of(1, null), of(0, "stop"), of(1, "length"), of(0, null))).toBe(true);
  });

  test("arguments that are not JSON stay text, and an error in the middle is told", () => {
    const { output, error } = streamed(path, [
      chunk({ tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: '{"a":' } }] }),
      { error: { message: "overloaded", type: "server_error", code: 503 } },
    ]);
    expect(output[0]?.parts).toEqual([{ type: "tool_call", id: "x", name: "f", arguments: '{"a":' }]);
    expect(error).toEqual({ class: "server_error", text: "overloaded" });
  });
});

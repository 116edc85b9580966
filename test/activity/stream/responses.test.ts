/** OpenAI's responses and Anthropic's messages, in the shapes that their documentation shows. */
import { describe, expect, test } from "bun:test";
import type { AnswerRead } from "../../../src/activity/stream/exchange.ts";
import { answer, asked, named } from "./answers.ts";

describe("responses", () => {
  const path = "/v1/responses";
  const whole = {
    model: "gpt-5",
    status: "completed",
    output: [
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes." }] },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"at":2}' },
    ],
    usage: {
      input_tokens: 3,
      output_tokens: 9,
      input_tokens_details: { cached_tokens: 1 },
      output_tokens_details: { reasoning_tokens: 5 },
    },
  };
  const DELTAS = [
    { type: "response.created", response: { model: "gpt-5" } },
    { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta: "hm" },
    { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "Ye" },
    { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "s." },
    {
      type: "response.output_item.added",
      output_index: 2,
      item: { type: "function_call", call_id: "call_1", name: "look" },
    },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"at"' },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: ":2}" },
    { type: "response.function_call_arguments.done", output_index: 2, arguments: '{"at":2}' },
  ];
  const PARTS = [
    { type: "reasoning", text: "hm" },
    { type: "text", text: "Yes." },
    { type: "tool_call", id: "call_1", name: "look", arguments: { at: 2 } },
  ];

  test("a request: instructions, items, a call and its output", () => {
    expect(
      asked(path, {
        model: "gpt-5",
        instructions: "Be brief.",
        input: [
          { role: "user", content: [{ type: "input_text", text: "Well?" }] },
          { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" },
          { type: "function_call_output", call_id: "call_1", output: "a cat" },
        ],
      }).input,
    ).toEqual([
      { role: "system", parts: [{ type: "text", text: "Be brief." }] },
      { role: "user", parts: [{ type: "text", text: "Well?" }] },
      { role: "assistant", parts: [{ type: "tool_call", id: "call_1", name: "look", arguments: {} }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_1", response: "a cat" }] },
    ]);
    expect(asked(path, { input: "Hi" }).input).toEqual([
      { role: "user", parts: [{ type: "text", text: "Hi" }] },
    ]);
  });

  test("at once, and as a stream with its whole end", () => {
    const said = {
      model: "gpt-5",
      finishReason: "completed",
      output: [{ role: "assistant", parts: PARTS }],
      tokens: { input: 3, output: 9, cached: 1, reasoning: 5 },
      isWhole: true,
      cutBytes: 0,
    } as AnswerRead;
    expect(answer(path, whole)).toEqual(said);
    const events = named([...DELTAS, { type: "response.completed", response: whole } as { type: string }]);
    for (const size of [1, 31, 1 << 20])
      expect(answer(path, events, "text/event-stream", size)).toEqual(said);
  });

  test("an end that is too large to be read is an end, and what came before it is kept", () => {
    const large = { ...whole, instructions: "x".repeat(8 << 20) };
    for (const name of ["completed", "incomplete", "failed"]) {
      const end = { type: `response.${name}`, response: large };
      const read = answer(path, named([...DELTAS, end]), "text/event-stream");
      expect(read).toMatchObject({ isWhole: true, finishReason: name, output: [{ parts: PARTS }] });
      expect(read.error?.class).toBe(name === "failed" ? "failed" : undefined);
    }
  });

  test("a stream that breaks off has what its pieces gave", () => {
    const { isWhole, output, model, tokens } = answer(path, named(DELTAS), "text/event-stream");
    expect({ isWhole, output, model, tokens }).toEqual({
      isWhole: false,
      output: [{ role: "assistant", parts: PARTS }],
      model: "gpt-5",
      tokens: {},
    } as never);
  });
});

describe("messages", () => {
  const path = "/v1/messages";
  const EVENTS = [
    {
      type: "message_start",
      message: {
        model: "claude-x",
        usage: { input_tokens: 25, cache_read_input_tokens: 100, output_tokens: 1 },
      },
    },
    { type: "ping" },
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } },
    { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } },
    { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "I " } },
    { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "look." } },
    {
      type: "content_block_start",
      index: 2,
      content_block: { type: "tool_use", id: "toolu_1", name: "look", input: {} },
    },
    { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"at"' } },
    { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: ": 1}" } },
    {
      type: "content_block_start",
      index: 3,
      content_block: { type: "tool_use", id: "toolu_2", name: "now", input: {} },
    },
    { type: "content_block_stop", index: 3 },
    { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 15 } },
    { type: "message_stop" },
  ];

  test("a request: system, a picture, a call and its result", () => {
    expect(
      asked(path, {
        model: "claude-x",
        system: [{ type: "text", text: "Be brief." }],
        metadata: { user_id: "u7" },
        messages: [
          {
            role: "user",
            content: [
              { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
              { type: "text", text: "What?" },
            ],
          },
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "toolu_1", name: "look", input: { at: 1 } }],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "a cat" }] },
        ],
      }),
    ).toEqual({
      model: "claude-x",
      user: "u7",
      isStream: false,
      input: [
        { role: "system", parts: [{ type: "text", text: "Be brief." }] },
        {
          role: "user",
          parts: [
            { type: "blob", mediaType: "image/png", bytes: 3, sha256: expect.any(String) },
            { type: "text", text: "What?" },
          ],
        },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "toolu_1", name: "look", arguments: { at: 1 } }],
        },
        { role: "user", parts: [{ type: "tool_call_response", id: "toolu_1", response: "a cat" }] },
      ],
    });
  });

  test("a stream: tokens are cumulative, those of a cache among the input", () => {
    const said = {
      model: "claude-x",
      finishReason: "tool_use",
      output: [
        {
          role: "assistant",
          parts: [
            { type: "reasoning", text: "hm" },
            { type: "text", text: "I look." },
            { type: "tool_call", id: "toolu_1", name: "look", arguments: { at: 1 } },
            { type: "tool_call", id: "toolu_2", name: "now", arguments: {} },
          ],
        },
      ],
      tokens: { input: 125, output: 15, cached: 100 },
      isWhole: true,
      cutBytes: 0,
    } as AnswerRead;
    for (const size of [1, 29, 1 << 20])
      expect(answer(path, named(EVENTS), "text/event-stream", size)).toEqual(said);
  });

  test("blocks that come at once are kept as without a stream, also of unknown types, and count", () => {
    const blocks = [
      { type: "text", text: "I look." },
      { type: "server_tool_use", id: "s1", name: "web_search", input: {} },
      {
        type: "web_search_tool_result",
        tool_use_id: "s1",
        content: [{ type: "web_search_result", url: "https://example.com/", title: "A cat" }],
      },
      { type: "redacted_thinking", data: "c2ln" },
      { type: "of tomorrow", about: { cats: 2 } },
    ];
    const started = (content_block: object, index: number) => ({
      ...{ type: "content_block_start", index, content_block },
    });
    const read = answer(path, named(blocks.map(started)), "text/event-stream");
    expect(read.output).toEqual(answer(path, { role: "assistant", content: blocks }).output);
    expect(read.cutBytes).toBe(0);
    const large = { ...blocks[2], type: "web_search_tool_result", content: "x".repeat(6 << 20) };
    const { cutBytes, output } = answer(path, named([started(large, 0)]), "text/event-stream");
    expect(cutBytes).toBeGreaterThan(1 << 20);
    expect(output[0]?.parts[0]).toMatchObject({ type: "text" });
  });

  test("an error behind the first events", () => {
    const late = [
      ...EVENTS.slice(0, 7),
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    ];
    const { error, isWhole } = answer(path, named(late), "text/event-stream");
    expect([error, isWhole]).toEqual([{ class: "overloaded_error", text: "Overloaded" }, false]);
  });
});

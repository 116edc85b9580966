/** What holds whichever interface is spoken. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { dialectOf } from "../../../src/activity/stream/exchange.ts";
import { answer, asked, streamed } from "./answers.ts";

test("embeddings are a size and a hash, whichever way they are written", () => {
  const path = "/v1/embeddings";
  expect(asked(path, { model: "e", input: ["a", "b"] }).input[0]?.parts).toHaveLength(2);
  expect(asked(path, { model: "e", input: [1, 2, 3] }).input[0]?.parts[0]).toMatchObject({ type: "blob" });
  const of = (embedding: unknown) =>
    answer(path, { model: "e", data: [{ embedding }], usage: { prompt_tokens: 2 } });
  expect(of([0.5, 0.25])).toMatchObject({
    tokens: { input: 2 },
    output: [{ parts: [{ type: "blob", bytes: 10 }] }],
  });
  expect(of("AAAAPw==")).toMatchObject({ output: [{ parts: [{ type: "blob", bytes: 4 }] }] });
});

test("of an answer beyond what is kept the beginning is kept, and the rest is counted", () => {
  const piece = { choices: [{ index: 0, delta: { content: "ü".repeat(1 << 20) } }] };
  const { cutBytes, output } = streamed("/chat/completions", Array(6).fill(piece));
  // And a little more, so that a secret at the end of what is kept is recognised as a whole.
  const read = (4 << 20) + 16_384;
  expect([cutBytes, output[0]?.parts[0]]).toEqual([
    2 * ((6 << 20) - read),
    { type: "text", text: "ü".repeat(read) },
  ]);
  const { cutBytes: all, isWhole } = answer("/chat/completions", "x".repeat(17 << 20));
  expect([all, isWhole]).toEqual([17 << 20, false]);
});

test("whatever comes, it is read without an error", () => {
  const paths = ["/chat/completions", "/responses", "/messages", "/embeddings"];
  const keys = fc.constantFrom(
    ...[
      "choices",
      "delta",
      "message",
      "content",
      "usage",
      "type",
      "index",
      "output",
      "data",
      "error",
      "input",
    ],
    ...[
      "tool_calls",
      "function",
      "arguments",
      "messages",
      "text",
      "content_block",
      "item",
      "response",
      "embedding",
    ],
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("object")),
    leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant("tool_use")),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    object: fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(fc.constantFrom(...paths), tree, fc.array(tree, { maxLength: 5 }), (path, body, events) => {
      asked(path, body);
      answer(path, body);
      streamed(path, events);
      streamed(path, [...events.map((one) => `${JSON.stringify(one)}`.slice(1)), "[DONE]", "{"]);
    }),
    { numRuns: 2_000 },
  );
});

test("what asks no model is not read", () => {
  for (const path of ["/v1/models", "/", "/v1/chat", "/v1/messages/count_tokens"])
    expect(dialectOf(path)).toBeUndefined();
});

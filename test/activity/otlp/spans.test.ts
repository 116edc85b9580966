/** What spans stand for, beside how each convention names it. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { call, chat, request, START, span, taken } from "./spans.ts";

test("a span is one run, however often it is sent", async () => {
  const one = chat({ "gen_ai.usage.input_tokens": 5 });
  const { runs } = await taken(request([one, one]), request([one]));
  expect(runs).toHaveLength(1);
});

test("the ids of a run sort by when it began, and are those of UUIDs", async () => {
  const { runs } = await taken(request([chat({}, {}, 10_000), chat()]));
  const ids = runs.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort());
  for (const id of ids)
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test.each<[string, object, object]>([
  [
    "an error, with its class",
    chat({ "error.type": "RateLimitError" }, { status: { code: 2, message: "slow down" } }),
    { status: "error", error: { class: "RateLimitError", text: "slow down" } },
  ],
  [
    "an error that is an event",
    chat(
      {},
      {
        status: { code: 2 },
        events: [
          { name: "exception", attributes: { "exception.type": "Oops", "exception.message": "it broke" } },
        ],
      },
    ),
    { status: "error", error: { class: "Oops", text: "it broke" } },
  ],
  [
    "what its caller left",
    chat({ "error.type": "AbortError" }, { status: { code: 2 } }),
    { status: "cancelled" },
  ],
  [
    "when the answer began",
    span({ "gen_ai.operation.name": "chat", "gen_ai.response.time_to_first_chunk": 0.25 }),
    { firstChunk: new Date(START + 250).toISOString() },
  ],
  [
    "where the model is",
    chat({ "server.address": "models.example", "server.port": 8080 }),
    { upstream: "models.example:8080" },
  ],
  [
    "whom it is about",
    chat({ "contextcore.entity.type": "ticket", "contextcore.entity.id": "4711" }),
    { entity: { type: "ticket", id: "4711" } },
  ],
  [
    "that nothing is to be kept",
    chat({ "contextcore.content": "none", "gen_ai.input.messages": call("c1") }),
    { content: "none", input: [] },
  ],
  [
    "an operation of its own",
    span({ "gen_ai.operation.name": "generate_content" }),
    { operation: "generate_content" },
  ],
  [
    "tokens that nobody knows",
    chat({ "gen_ai.usage.input_tokens": -1, "gen_ai.usage.output_tokens": 1.5 }),
    { input: [] },
  ],
])("a run has %s", async (_, one, expected) => {
  const { runs } = await taken(request([one]));
  expect(runs).toEqual([expect.objectContaining(expected)]);
  if ("input" in expected) expect(runs[0]?.tokensInput).toBeUndefined();
});

test("who it is for may stand with what sends it", async () => {
  const { runs } = await taken(request([chat()], { "user.id": "ada", "session.id": "s" }));
  expect(runs[0]).toMatchObject({ user: "ada", conversation: "s" });
});

test("vectors are kept as their size and hash, whichever way they are written", async () => {
  const vector = [0.5, 0.25, -1];
  const text = JSON.stringify(vector);
  const { runs } = await taken(
    request([
      span({
        "openinference.span.kind": "EMBEDDING",
        "embedding.embeddings.0.embedding.text": "a",
        "embedding.embeddings.0.embedding.vector": vector,
      }),
      span({ "ai.operationId": "ai.embed.doEmbed", "ai.values": ['"a"'], "ai.embeddings": [text] }),
    ]),
  );
  const sha256 = createHash("sha256").update(text).digest("hex");
  for (const run of runs)
    expect(run).toMatchObject({
      operation: "embeddings",
      input: [{ role: "user", parts: [{ type: "text", text: "a" }] }],
      output: [{ role: "assistant", parts: [{ type: "blob", bytes: text.length, sha256 }] }],
    });
});

test("pictures are kept as their size and hash", async () => {
  const content = Buffer.from("a picture").toString("base64");
  const { runs } = await taken(
    request([
      chat({
        "gen_ai.input.messages": JSON.stringify([
          {
            role: "user",
            parts: [
              { type: "blob", mime_type: "image/png", content },
              { type: "uri", uri: "https://x.example/y" },
            ],
          },
        ]),
      }),
      span({
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.contents.0.message_content.type": "image",
        "llm.input_messages.0.message.contents.0.message_content.image.image.url": `data:image/png;base64,${content}`,
      }),
    ]),
  );
  for (const { input } of runs)
    expect(input[0]?.parts[0]).toEqual(
      expect.objectContaining({ type: "blob", mediaType: "image/png", bytes: 9 }),
    );
});

test.each<[string, object, string]>([
  ["of a request", span({ "http.request.method": "GET" }), "left"],
  ["of an agent", span({ "gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m" }), "left"],
  ["of a chain", span({ "openinference.span.kind": "CHAIN" }), "left"],
  ["of a workflow", span({ "traceloop.span.kind": "workflow" }), "left"],
  ["of all steps together", span({ "ai.operationId": "ai.generateText", "ai.model.id": "m" }), "left"],
  ["that is called after a member of every object", span({ "gen_ai.operation.name": "constructor" }), "left"],
  ["without an id", chat({}, { spanId: "" }), "rejected"],
  ["whose trace is nothing", chat({}, { traceId: "0".repeat(32) }), "rejected"],
  ["whose id is none", chat({}, { spanId: "../../etc/passwd" }), "rejected"],
])("a span %s is no run", async (_, one, outcome) => {
  const { runs, counts } = await taken(request([one]));
  expect(runs).toEqual([]);
  expect(counts).toMatchObject({ run: 0, [outcome]: 1 });
});

test.each<[string, object]>([
  ["JSON that is none", chat({ "gen_ai.input.messages": '[{"role":' })],
  ["messages that are numbers", chat({ "gen_ai.input.messages": "[1,null,true,[[]]]" })],
  [
    "lists in lists in lists",
    chat({ "gen_ai.input.messages": `${"[".repeat(100_000)}${"]".repeat(100_000)}` }),
  ],
  [
    "arguments in arguments",
    chat({
      "gen_ai.output.messages": call("c1").replace('{"at":1}', `${"[".repeat(5_000)}${"]".repeat(5_000)}`),
    }),
  ],
  [
    "numbers without end",
    span({
      "openinference.span.kind": "LLM",
      "llm.input_messages.4294967295.message.role": "user",
      "llm.input_messages.99999999999999999999.message.content": "x",
    }),
  ],
  [
    "a name without end",
    span({ "openinference.span.kind": "LLM", [`llm.input_messages.0${".1".repeat(50_000)}`]: "x" }),
  ],
  [
    "half a pair, and NUL",
    chat({ "gen_ai.request.model": "\ud800\u0000", "gen_ai.input.messages": "\udfff\u0000" }),
  ],
  [
    "the prototype's name",
    chat({
      "gen_ai.input.messages": '[{"role":"user","__proto__":{"parts":[]},"parts":[{"type":"__proto__"}]}]',
    }),
  ],
  ["an end before its start", chat({}, { endTimeUnixNano: "1" })],
  ["no time at all", chat({}, { startTimeUnixNano: "0", endTimeUnixNano: "0" })],
  ["a time that is far off", chat({}, { startTimeUnixNano: "18446744073709551615" })],
  [
    "a role without end",
    chat({ "gen_ai.input.messages": JSON.stringify([{ role: "x".repeat(1_000_000), content: "y" }]) }),
  ],
])("a span with %s is taken in, and so is the next", async (_, one) => {
  const { runs } = await taken(request([one, chat({ "user.id": "next" })]));
  expect(runs).toHaveLength(2);
  expect(runs.some(({ user }) => user === "next")).toBe(true);
  for (const { started } of runs) expect(Date.parse(started)).toBeLessThan(Date.now() + 2 * 86_400_000);
  expect(JSON.stringify(runs).length).toBeLessThan(300_000);
});

/** A provider that speaks as the documentation of each interface shows, in pieces that end anywhere. */

/** What was asked of it, in order. */
export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly asked: { readonly path: string; readonly headers: Headers; readonly body: string }[];
}

const sse = (events: readonly (readonly [event: string | undefined, data: unknown])[]): string =>
  events
    .map(
      ([event, data]) =>
        `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`,
    )
    .join("");

const chunk = (delta: object, finish: string | null = null) =>
  [
    undefined,
    {
      id: "c1",
      object: "chat.completion.chunk",
      created: 1,
      model: "small-2026",
      choices: [{ index: 0, delta, finish_reason: finish }],
    },
  ] as const;

const CHAT_STREAM = sse([
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "I look, 日本" }),
  chunk({ content: "語 🚀." }),
  chunk({
    tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "look", arguments: "" } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
  chunk({}, "tool_calls"),
  [
    undefined,
    {
      id: "c1",
      object: "chat.completion.chunk",
      created: 1,
      model: "small-2026",
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    },
  ],
  [undefined, "[DONE]"],
]);

const CHAT = {
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "small-2026",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Yes.", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
};

const MESSAGE = {
  id: "m1",
  type: "message",
  role: "assistant",
  model: "large-2026",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 1 },
};

const MESSAGES_STREAM = sse([
  ["message_start", { type: "message_start", message: MESSAGE }],
  ["ping", { type: "ping" }],
  [
    "content_block_start",
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  ],
  [
    "content_block_delta",
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Ja, 日" } },
  ],
  [
    "content_block_delta",
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "本." } },
  ],
  ["content_block_stop", { type: "content_block_stop", index: 0 }],
  [
    "message_delta",
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 15 },
    },
  ],
  ["message_stop", { type: "message_stop" }],
]);

const MESSAGES = {
  ...MESSAGE,
  content: [{ type: "text", text: "Yes." }],
  stop_reason: "end_turn",
  usage: { input_tokens: 9, output_tokens: 3 },
};

const RESPONSE = {
  id: "r1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "small-2026",
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  output: [
    {
      id: "o1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Yes, 日本.", annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 4,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 6,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 10,
  },
};

const RESPONSES_STREAM = sse([
  [
    "response.created",
    {
      type: "response.created",
      sequence_number: 0,
      response: { ...RESPONSE, status: "in_progress", output: [], usage: null },
    },
  ],
  [
    "response.output_item.added",
    {
      type: "response.output_item.added",
      sequence_number: 1,
      output_index: 0,
      item: { id: "o1", type: "message", role: "assistant", status: "in_progress", content: [] },
    },
  ],
  [
    "response.content_part.added",
    {
      type: "response.content_part.added",
      sequence_number: 2,
      item_id: "o1",
      output_index: 0,
      content_index: 0,
      part: { type: "output_text", text: "", annotations: [] },
    },
  ],
  [
    "response.output_text.delta",
    {
      type: "response.output_text.delta",
      sequence_number: 3,
      item_id: "o1",
      output_index: 0,
      content_index: 0,
      delta: "Yes, 日",
    },
  ],
  [
    "response.output_text.delta",
    {
      type: "response.output_text.delta",
      sequence_number: 4,
      item_id: "o1",
      output_index: 0,
      content_index: 0,
      delta: "本.",
    },
  ],
  ["response.completed", { type: "response.completed", sequence_number: 5, response: RESPONSE }],
]);

const EMBEDDINGS = {
  object: "list",
  model: "embed",
  data: [{ object: "embedding", index: 0, embedding: [0.5, 0.25, -1] }],
  usage: { prompt_tokens: 2, total_tokens: 2 },
};

const ANSWERS: Readonly<Record<string, readonly [whole: unknown, stream: string]>> = {
  "/v1/chat/completions": [CHAT, CHAT_STREAM],
  "/v1/messages": [MESSAGES, MESSAGES_STREAM],
  "/v1/responses": [RESPONSE, RESPONSES_STREAM],
  "/v1/embeddings": [EMBEDDINGS, ""],
};

/** Starts one. A model called `fail` is answered with 529, and one called `cut` stops in the middle. */
export function startUpstream(): Upstream {
  const asked: Upstream["asked"] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const body = await request.text();
      asked.push({ path: pathname, headers: request.headers, body });
      const [whole, stream] = ANSWERS[pathname] ?? [undefined, ""];
      const { model, stream: isStream } = JSON.parse(body || "{}");
      if (whole === undefined) return Response.json({ data: [] });
      if (model === "fail")
        return Response.json({ error: { type: "overloaded_error", message: "Overloaded" } }, { status: 529 });
      if (isStream !== true) return Response.json(whole);
      const bytes = new TextEncoder().encode(stream);
      return new Response(inPieces(model === "cut" ? bytes.slice(0, bytes.length >> 1) : bytes), {
        headers: { "Content-Type": "text/event-stream; charset=utf-8", "X-Request-Id": "req-1" },
      });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, asked, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** Seven bytes at a time: no event, and not every character, comes in one piece. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + 7));
      at += 7;
    },
  });
}

/** The same request to a model, as each convention writes it, is the same run. */
import { expect, test } from "bun:test";
import { request, START, span, TRACE, taken } from "./spans.ts";

const ASKED = [
  { role: "system", parts: [{ type: "text", text: "Be brief." }] },
  { role: "user", parts: [{ type: "text", text: "Well?" }] },
  { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "look", arguments: { at: 1 } }] },
  { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "a cat" }] },
];
const ANSWERED = [
  {
    role: "assistant",
    parts: [
      { type: "text", text: "I look." },
      { type: "tool_call", id: "c2", name: "look", arguments: { at: 2 } },
    ],
  },
];

/** As the conventions write them: there a text is a `content`. */
const said = (
  messages: readonly {
    readonly role: string;
    readonly parts: readonly { readonly type: string; readonly text?: string }[];
  }[],
) =>
  messages.map(({ role, parts }) => ({
    role,
    parts: parts.map(({ text, ...part }) => (text === undefined ? part : { ...part, content: text })),
  }));

const openai = {
  input: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Well?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
    },
    { role: "tool", tool_call_id: "c1", content: "a cat" },
  ],
  output: {
    role: "assistant",
    content: "I look.",
    tool_calls: [{ id: "c2", type: "function", function: { name: "look", arguments: '{"at":2}' } }],
  },
};

const genAi = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "small",
  "gen_ai.response.model": "small-2026",
  "gen_ai.response.finish_reasons": ["tool_calls"],
  "gen_ai.usage.input_tokens": 12,
  "gen_ai.usage.output_tokens": 7,
  "gen_ai.usage.cache_read.input_tokens": 3,
  "gen_ai.usage.reasoning.output_tokens": 2,
  "gen_ai.conversation.id": "conv-1",
  "user.id": "ada",
};

const openLlm = {
  "gen_ai.system": "openai",
  "llm.request.type": "chat",
  "gen_ai.request.model": "small",
  "gen_ai.response.model": "small-2026",
  "gen_ai.usage.prompt_tokens": 12,
  "gen_ai.usage.completion_tokens": 7,
  "gen_ai.usage.cache_read_input_tokens": 3,
  "gen_ai.usage.reasoning_tokens": 2,
  "traceloop.association.properties.session_id": "conv-1",
  "traceloop.association.properties.user_id": "ada",
  "gen_ai.prompt.0.role": "system",
  "gen_ai.prompt.0.content": "Be brief.",
  "gen_ai.prompt.1.role": "user",
  "gen_ai.prompt.1.content": "Well?",
  "gen_ai.prompt.2.role": "assistant",
  "gen_ai.prompt.2.tool_calls.0.id": "c1",
  "gen_ai.prompt.2.tool_calls.0.name": "look",
  "gen_ai.prompt.2.tool_calls.0.arguments": '{"at":1}',
  "gen_ai.prompt.3.role": "tool",
  "gen_ai.prompt.3.tool_call_id": "c1",
  "gen_ai.prompt.3.content": "a cat",
  "gen_ai.completion.0.role": "assistant",
  "gen_ai.completion.0.content": "I look.",
  "gen_ai.completion.0.finish_reason": "tool_calls",
  "gen_ai.completion.0.tool_calls.0.id": "c2",
  "gen_ai.completion.0.tool_calls.0.name": "look",
  "gen_ai.completion.0.tool_calls.0.arguments": '{"at":2}',
};

/** `gen_ai.prompt.0.role` as `llm.prompts.0.role`. */
const renamed = (all: Readonly<Record<string, string | number>>, names: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(all).map(([key, value]) => {
      const [from, to] = Object.entries(names).find(([one]) => key.startsWith(one)) ?? ["", ""];
      return [`${to}${key.slice(from.length)}`, value];
    }),
  );

const inference = {
  "openinference.span.kind": "LLM",
  "llm.provider": "openai",
  "llm.invocation_parameters": '{"model":"small","max_tokens":100}',
  "llm.model_name": "small-2026",
  "llm.finish_reason": "tool_calls",
  "llm.token_count.prompt": 12,
  "llm.token_count.completion": 7,
  "llm.token_count.prompt_details.cache_read": 3,
  "llm.token_count.completion_details.reasoning": 2,
  "session.id": "conv-1",
  "user.id": "ada",
  "input.value": JSON.stringify({ model: "small", messages: openai.input }),
  "output.value": JSON.stringify({ choices: [{ message: openai.output }] }),
};

const inferenceMessages = {
  "llm.input_messages.0.message.role": "system",
  "llm.input_messages.0.message.content": "Be brief.",
  "llm.input_messages.1.message.role": "user",
  "llm.input_messages.1.message.contents.0.message_content.type": "text",
  "llm.input_messages.1.message.contents.0.message_content.text": "Well?",
  "llm.input_messages.2.message.role": "assistant",
  "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
  "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "look",
  "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"at":1}',
  "llm.input_messages.3.message.role": "tool",
  "llm.input_messages.3.message.tool_call_id": "c1",
  "llm.input_messages.3.message.content": "a cat",
  "llm.output_messages.0.message.role": "assistant",
  "llm.output_messages.0.message.content": "I look.",
  "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c2",
  "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
  "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"at":2}',
};

const vercel = {
  "ai.operationId": "ai.streamText.doStream",
  "gen_ai.system": "openai",
  "ai.model.id": "small",
  "ai.response.model": "small-2026",
  "ai.response.finishReason": "tool_calls",
  "ai.usage.inputTokens": 12,
  "ai.usage.outputTokens": 7,
  "ai.usage.cachedInputTokens": 3,
  "ai.usage.reasoningTokens": 2,
  "ai.telemetry.metadata.sessionId": "conv-1",
  "ai.telemetry.metadata.userId": "ada",
  "ai.prompt.messages": JSON.stringify([
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "Well?" }] },
    {
      role: "assistant",
      content: [{ type: "tool-call", toolCallId: "c1", toolName: "look", input: { at: 1 } }],
    },
    {
      role: "tool",
      content: [
        { type: "tool-result", toolCallId: "c1", toolName: "look", output: { type: "text", value: "a cat" } },
      ],
    },
  ]),
  "ai.response.text": "I look.",
  "ai.response.toolCalls": JSON.stringify([{ toolCallId: "c2", toolName: "look", input: { at: 2 } }]),
};

const events = (body: (message: object) => Record<string, string>) => [
  ...openai.input.map(({ role, ...message }) => ({
    name: `gen_ai.${role}.message`,
    attributes: body({ role, ...message }),
  })),
  {
    name: "gen_ai.choice",
    attributes: body({ index: 0, finish_reason: "tool_calls", message: openai.output }),
  },
];

const asEvent = {
  "gen_ai.input.messages": JSON.stringify(said(ASKED)),
  "gen_ai.output.messages": JSON.stringify(said(ANSWERED)),
};

test.each<[string, object]>([
  [
    "today's, structured",
    span({
      ...genAi,
      "gen_ai.input.messages": said(ASKED),
      "gen_ai.output.messages": said(ANSWERED),
    } as never),
  ],
  ["today's, as JSON", span({ ...genAi, ...asEvent })],
  [
    "today's, the instructions apart",
    span({
      ...genAi,
      "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
      "gen_ai.input.messages": JSON.stringify(said(ASKED.slice(1))),
      "gen_ai.output.messages": JSON.stringify(said(ANSWERED)),
    }),
  ],
  [
    "today's, what was said in an event",
    span(genAi, { events: [{ name: "gen_ai.client.inference.operation.details", attributes: asEvent }] }),
  ],
  [
    "before 1.37, an event a message",
    span(genAi, { events: events((body) => ({ "gen_ai.event.content": JSON.stringify(body) })) }),
  ],
  [
    "before 1.37, with attributes",
    span(genAi, {
      events: events((body) =>
        Object.fromEntries(
          Object.entries(body).flatMap(([key, value]) =>
            value === null ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
          ),
        ),
      ),
    }),
  ],
  [
    "the oldest, two events",
    span(
      { ...genAi, "gen_ai.system": "openai" },
      {
        events: [
          { name: "gen_ai.content.prompt", attributes: { "gen_ai.prompt": JSON.stringify(openai.input) } },
          {
            name: "gen_ai.content.completion",
            attributes: { "gen_ai.completion": JSON.stringify([openai.output]) },
          },
        ],
      },
    ),
  ],
  ["OpenLLMetry", span(openLlm)],
  [
    "OpenLLMetry, its first names",
    span(
      renamed(openLlm, {
        "gen_ai.prompt": "llm.prompts",
        "gen_ai.completion": "llm.completions",
        "gen_ai.usage": "llm.usage",
        "gen_ai.request": "llm.request",
        "gen_ai.response": "llm.response",
        "gen_ai.system": "llm.vendor",
        "": "",
      }),
    ),
  ],
  ["OpenInference", span({ ...inference, ...inferenceMessages })],
  ["OpenInference, the bodies only", span(inference)],
  ["the AI SDK", span(vercel)],
])("%s", async (_, one) => {
  const { runs, counts } = await taken(request([one]));
  expect(counts).toEqual({ run: 1, tool: 0, left: 0, rejected: 0, orphaned: 0 });
  expect(runs).toEqual([
    expect.objectContaining({
      source: "otlp",
      user: "ada",
      conversation: "conv-1",
      traceId: TRACE,
      provider: "openai",
      operation: "chat",
      modelAsked: "small",
      modelAnswered: "small-2026",
      status: "ok",
      started: new Date(START).toISOString(),
      ended: new Date(START + 2_000).toISOString(),
      tokensInput: 12,
      tokensOutput: 7,
      tokensCached: 3,
      tokensReasoning: 2,
      finishReason: "tool_calls",
      input: ASKED,
      output: ANSWERED,
      toolCalls: [
        expect.objectContaining({ id: "c2", name: "look", arguments: { at: 2 }, status: "called" }),
      ],
    }),
  ]);
});

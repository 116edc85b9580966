/**
 * What each convention calls it: OpenTelemetry's GenAI conventions of today (the repository `semantic-conventions-genai`) and before
 * 1.37, OpenInference, OpenLLMetry, and Vercel's AI SDK. The first name that a span has counts, so today's come first.
 * `name#member`: a member of the JSON that it holds. `name.*`: the numbered names below it, as a list.
 */
export const NAMES = {
  provider: ["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "llm.vendor"],
  modelAsked: [
    "gen_ai.request.model",
    "llm.request.model",
    "ai.model.id",
    "llm.invocation_parameters#model",
    "llm.model_name",
    "embedding.model_name",
  ],
  modelAnswered: [
    "gen_ai.response.model",
    "llm.response.model",
    "ai.response.model",
    "llm.model_name",
    "embedding.model_name",
  ],
  tokensInput: [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",
  ],
  tokensOutput: [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
  ],
  tokensCached: [
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",
  ],
  tokensReasoning: [
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "llm.usage.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
    "ai.usage.reasoningTokens",
  ],
  finishReason: [
    "gen_ai.response.finish_reasons",
    "llm.finish_reason",
    "llm.response.finish_reason",
    "ai.response.finishReason",
    "gen_ai.completion.0.finish_reason",
    "llm.completions.0.finish_reason",
  ],
  conversation: [
    "gen_ai.conversation.id",
    "session.id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.session_id",
    "ai.telemetry.metadata.conversationId",
    "ai.telemetry.metadata.sessionId",
  ],
  user: [
    "user.id",
    "enduser.id",
    "gen_ai.request.user",
    "gen_ai.openai.request.user",
    "llm.user",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
  ],
  entityType: ["contextcore.entity.type"],
  entityId: ["contextcore.entity.id"],
  content: ["contextcore.content"],
  server: ["server.address"],
  port: ["server.port"],
  errorClass: ["error.type", "exception.type"],
  errorText: ["exception.message"],
  /** Seconds, and ms, from the start to the first piece of the answer. */
  firstChunkSeconds: ["gen_ai.response.time_to_first_chunk"],
  firstChunkMs: ["ai.response.msToFirstChunk"],

  instructions: ["gen_ai.system_instructions"],
  input: [
    "gen_ai.input.messages",
    "llm.input_messages.*",
    "gen_ai.prompt.*",
    "llm.prompts.*",
    "ai.prompt.messages",
    "gen_ai.prompt",
    "embedding.embeddings.*",
    "ai.values",
    "ai.value",
    "input.value",
    "traceloop.entity.input",
  ],
  output: [
    "gen_ai.output.messages",
    "llm.output_messages.*",
    "gen_ai.completion.*",
    "llm.completions.*",
    "gen_ai.completion",
  ],
  outputReasoning: ["ai.response.reasoning"],
  outputText: ["ai.response.text", "ai.response.object"],
  outputCalls: ["ai.response.toolCalls"],
  outputAtLast: ["output.value", "traceloop.entity.output"],
  vectors: ["embedding.embeddings.*", "ai.embeddings", "ai.embedding"],
  eventBody: ["gen_ai.event.content"],

  toolName: [
    "gen_ai.tool.name",
    "tool.name",
    "tool_call.function.name",
    "ai.toolCall.name",
    "traceloop.entity.name",
  ],
  toolCallId: ["gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id"],
  toolArguments: [
    "gen_ai.tool.call.arguments",
    "tool_call.function.arguments",
    "ai.toolCall.args",
    "input.value",
    "traceloop.entity.input",
  ],
  toolResult: ["gen_ai.tool.call.result", "ai.toolCall.result", "output.value", "traceloop.entity.output"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A tool that ran; any other kind is the operation of a run. */
export const TOOL = "tool";

/** What a span stands for, by the first of these that it has; what is not named here (agents, chains, retrievals) is left. */
export const KINDS: readonly (readonly [name: string, kinds: Readonly<Record<string, string>>])[] = [
  [
    "gen_ai.operation.name",
    {
      chat: "chat",
      text_completion: "text_completion",
      generate_content: "generate_content",
      embeddings: "embeddings",
      execute_tool: TOOL,
    },
  ],
  ["openinference.span.kind", { LLM: "chat", EMBEDDING: "embeddings", TOOL }],
  ["llm.request.type", { chat: "chat", completion: "text_completion", embedding: "embeddings" }],
  ["traceloop.span.kind", { tool: TOOL }],
  [
    "ai.operationId",
    {
      "ai.generateText.doGenerate": "chat",
      "ai.streamText.doStream": "chat",
      "ai.generateObject.doGenerate": "chat",
      "ai.streamObject.doStream": "chat",
      "ai.embed.doEmbed": "embeddings",
      "ai.embedMany.doEmbed": "embeddings",
      "ai.toolCall": TOOL,
    },
  ],
];

/** Before there were operations, whoever asked a model named it like this. */
export const OLDEST = { system: ["gen_ai.system"], model: ["gen_ai.request.model"] } as const;

/** Messages that are events of the span, before 1.37, and who says them. */
export const MESSAGE_EVENTS: Readonly<Record<string, string>> = {
  "gen_ai.system.message": "system",
  "gen_ai.user.message": "user",
  "gen_ai.assistant.message": "assistant",
  "gen_ai.tool.message": "tool",
};

/** An answer that is an event of the span. */
export const CHOICE_EVENT = "gen_ai.choice";

// Calls a provider through a client that an instrumentation traces. Arguments: the provider's URL, where spans go, the
// instrumentation, the encoding. A token is in TOKEN.

import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [url, endpoint, by, encoding] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${encoding}`);
const exporter = new OTLPTraceExporter({
  url: endpoint,
  headers: { "X-Contextcore-Token": process.env.TOKEN },
  compression: encoding === "proto" ? "gzip" : "none",
});
const tracerProvider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "agent", "user.id": `${by}-${encoding}` }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
tracerProvider.register();

const ask = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Well?" },
];
const failing = (work) => work().catch(() => undefined);

async function instrumented() {
  const { default: OpenAI } = await import("openai");
  const name =
    by === "openinference"
      ? "@arizeai/openinference-instrumentation-openai"
      : "@traceloop/instrumentation-openai";
  const { OpenAIInstrumentation } = await import(name);
  const instrumentation = new OpenAIInstrumentation({ traceContent: true });
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.manuallyInstrument(OpenAI);
  return new OpenAI({ apiKey: "sk-of-the-caller", baseURL: `${url}/v1`, maxRetries: 0 });
}

async function throughOpenAi() {
  const { chat, responses, embeddings } = await instrumented();
  await chat.completions.create({ model: "small", messages: ask });
  const streamed = { model: "small", messages: ask, stream: true, stream_options: { include_usage: true } };
  for await (const _ of await chat.completions.create(streamed));
  const call = { id: "call_a", type: "function", function: { name: "look", arguments: '{"at":1}' } };
  const answered = [
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "call_a", content: "a cat" },
  ];
  await chat.completions.create({ model: "small", messages: [...ask, ...answered] });
  await responses.create({ model: "small", input: "Well?" });
  if (by === "openinference")
    await embeddings.create({ model: "embed", input: ["a"], encoding_format: "float" });
  await failing(() => chat.completions.create({ model: "fail", messages: ask }));
}

async function throughTheAiSdk() {
  const { createOpenAI } = await import("@ai-sdk/openai");
  const { embed, generateText, jsonSchema, stepCountIs, streamText, tool } = await import("ai");
  const openai = createOpenAI({ apiKey: "sk-of-the-caller", baseURL: `${url}/v1` });
  const common = { model: openai.chat("small"), experimental_telemetry: { isEnabled: true }, maxRetries: 0 };
  await generateText({ ...common, system: "Be brief.", prompt: "Well?" });
  const look = tool({ inputSchema: jsonSchema({ type: "object" }), execute: async () => "a cat" });
  const { textStream } = streamText({
    ...common,
    prompt: "Well?",
    tools: { look },
    stopWhen: stepCountIs(2),
  });
  for await (const _ of textStream);
  await failing(() => generateText({ ...common, model: openai.chat("fail"), prompt: "Well?" }));
  await embed({ ...common, model: openai.embedding("embed"), value: "a" });
}

await (by === "vercel" ? throughTheAiSdk() : throughOpenAi());
await tracerProvider.forceFlush();
await tracerProvider.shutdown();

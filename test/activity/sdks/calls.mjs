// Calls a provider through its clients, with the log and without. Arguments: the provider's URL, the log's file or "-"; where
// the relay is meant, the URL for Anthropic's client, too, and a token for it.

import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { generateText, streamText } from "ai";
import Dedalus from "dedalus-labs";
import OpenAI from "openai";

const [url, file, anthropicUrl = url, token] = process.argv.slice(2);
const { openActivityLog, recordActivity } = await import("contextcore/activity");
const log = file === "-" ? undefined : openActivityLog({ file });
const fetching = (user) => (log === undefined ? fetch : recordActivity(fetch, { log, user }));
const headersOf = (user) =>
  token === undefined ? {} : { "X-Contextcore-Token": token, "X-Contextcore-User": user };
const ask = [{ role: "user", content: "Well?" }];
const told = {};

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function failing(work) {
  try {
    return await work();
  } catch (error) {
    return { name: error.constructor.name, status: error.status, message: error.message };
  }
}

const openai = new OpenAI({
  apiKey: "sk-of-the-caller",
  baseURL: `${url}/v1`,
  fetch: fetching("openai"),
  defaultHeaders: headersOf("openai"),
  maxRetries: 0,
});
told.chat = await openai.chat.completions.create({ model: "small", messages: ask });
told.chatStream = await all(
  await openai.chat.completions.create({ model: "small", messages: ask, stream: true }),
);
told.responses = await openai.responses.create({ model: "small", input: "Well?" });
told.responsesStream = await all(
  await openai.responses.create({ model: "small", input: "Well?", stream: true }),
);
told.embeddings = await openai.embeddings.create({ model: "embed", input: ["a"], encoding_format: "float" });
told.failed = await failing(() => openai.chat.completions.create({ model: "fail", messages: ask }));
told.raw = await openai.chat.completions
  .create({ model: "small", messages: ask, stream: true })
  .asResponse()
  .then(async (response) => [
    response.status,
    response.url,
    response.headers.get("x-request-id"),
    await response.text(),
  ]);
told.models = await openai.models.list().then(({ data }) => data);
const leaving = await openai.chat.completions.create({ model: "small", messages: ask, stream: true });
for await (const event of leaving) {
  told.left = event;
  break;
}

const anthropic = new Anthropic({
  apiKey: "sk-ant-of-the-caller",
  baseURL: anthropicUrl,
  fetch: fetching("anthropic"),
  defaultHeaders: headersOf("anthropic"),
  maxRetries: 0,
});
const size = { model: "large", max_tokens: 100, messages: ask };
told.message = await anthropic.messages.create(size);
told.messageStream = await all(await anthropic.messages.create({ ...size, stream: true }));
told.finalMessage = await anthropic.messages.stream(size).finalMessage();
told.cut = await failing(() => anthropic.messages.stream({ ...size, model: "cut" }).finalMessage());

const dedalus = new Dedalus({
  apiKey: "key-of-the-caller",
  baseURL: url,
  fetch: fetching("dedalus"),
  defaultHeaders: headersOf("dedalus"),
  maxRetries: 0,
});
told.dedalus = await dedalus.chat.completions.create({ model: "small", messages: ask });
told.dedalusStream = await all(
  await dedalus.chat.completions.create({ model: "small", messages: ask, stream: true }),
);

const vercel = createOpenAI({
  apiKey: "key-of-the-caller",
  baseURL: `${url}/v1`,
  fetch: fetching("vercel"),
  headers: headersOf("vercel"),
}).chat("small");
told.vercel = (await generateText({ model: vercel, prompt: "Well?" })).text;
told.vercelStream = await all(streamText({ model: vercel, prompt: "Well?" }).textStream);

await log?.close();
if (log !== undefined) told.state = log.state();
process.stdout.write(JSON.stringify(told));

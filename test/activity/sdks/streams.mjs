// Streams of real clients, each noted by hand. Arguments: the provider's URL, the log's file.

import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import OpenAI from "openai";

const [url, file] = process.argv.slice(2);
const { openActivityLog, withRun } = await import("contextcore/activity");
const log = openActivityLog({ file });
const messages = [{ role: "user", content: "Well?" }];
const asking = (user) => ({ user, model: "small", input: [] });
const openai = new OpenAI({ apiKey: "sk-of-the-caller", baseURL: `${url}/v1`, maxRetries: 0 });
const streaming = (model) => () => openai.chat.completions.create({ model, messages, stream: true });

const whole = await withRun(log, asking("whole"), streaming("small"));
for await (const _ of whole);
const left = await withRun(log, asking("left"), streaming("small"));
for await (const _ of left) break;
const plain = await withRun(log, asking("plain"), streaming("small"));
await new Response(plain.toReadableStream()).text();
await withRun(log, asking("failed"), streaming("fail")).catch(() => undefined);

const model = createOpenAI({ apiKey: "key-of-the-caller", baseURL: `${url}/v1` }).chat("small");
const texts = await withRun(
  log,
  asking("vercel"),
  async () => streamText({ model, prompt: "Well?" }).textStream,
);
let text = "";
for await (const piece of texts) text += piece;

await log.close();
process.stdout.write(JSON.stringify({ text, isStream: "controller" in whole, state: log.state() }));

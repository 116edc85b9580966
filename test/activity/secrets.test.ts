/** A corpus of secrets, through each way in: none is in any byte of the files, and nothing is lost that is none. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { openDoor, recordRun } from "../../src/activity/door.ts";
import { runInputSchema } from "../../src/activity/format/input.ts";
import type { ActivityLog } from "../../src/activity/log.ts";
import { createSpanReceiver } from "../../src/activity/otlp/receive.ts";
import { recordActivity } from "../../src/activity/wrapper/activity.ts";
import { fromOtlpJson } from "../../src/otlp/from-json.ts";
import { ERROR_RULES } from "../../src/redact/rules.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { request, runsIn, span } from "./otlp/spans.ts";

const CORPUS = ERROR_RULES.map(({ example, secret }) => ({ example, secret }));

/** What only looks like one, and is what people ask about. */
const HARMLESS =
  "max_tokens: 4711, prompt_tokens=12, the password is forgotten, a bearer of news, keys and tokens";

/** Everywhere in a run where somebody's words may stand. */
const inRun = (text: string) => ({
  user: text,
  conversation: text,
  entity: { type: text, id: text },
  provider: text,
  modelAsked: text,
  modelAnswered: text,
  finishReason: text,
  status: "error",
  error: { class: text, text },
  input: [
    { role: text, content: text },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c0", response: { deep: [text] } }] },
  ],
  output: [
    {
      role: "assistant",
      parts: [
        { type: "text", text: `${"A long answer. ".repeat(200)}${text}` },
        { type: "reasoning", text },
        { type: "uri", uri: text },
        { type: "tool_call", id: "c1", name: text, arguments: { deep: { [text]: text } } },
      ],
    },
  ],
});

const spansOf = (text: string): readonly object[] => {
  const messages = JSON.stringify([
    {
      role: text,
      parts: [
        { type: "text", content: text },
        { type: "tool_call", name: "x", arguments: { at: text } },
      ],
    },
  ]);
  const flat = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": text,
    "output.value": JSON.stringify({ text }),
    "user.id": text,
  };
  const chat = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": text,
    "gen_ai.input.messages": messages,
    "gen_ai.output.messages": messages,
    "gen_ai.conversation.id": text,
    "error.type": text,
  };
  const tool = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "x",
    "gen_ai.tool.call.arguments": text,
    "gen_ai.tool.call.result": JSON.stringify({ text }),
  };
  return [span(chat, { status: { code: 2, message: text } }), span(flat), span(tool, {}, 5_000)];
};

/** The secret comes in pieces of three characters, which no filter of bytes would see. */
function streamed(text: string): Response {
  const events = [...(text.match(/.{1,3}/gsu) ?? [])].map((piece) => ({
    choices: [{ index: 0, delta: { content: piece } }],
  }));
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  return new Response(`${body}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } });
}

const WAYS: Readonly<Record<string, (log: ReturnType<typeof openDoor>, text: string) => Promise<unknown>>> = {
  api: async (log, text) => recordRun(log, v.parse(runInputSchema, inRun(text)), "api"),
  otlp: (log, text) => createSpanReceiver(log).take(fromOtlpJson(request(spansOf(text)))),
  async wrapper(log: ActivityLog, text) {
    const asked = { model: "m", user: text, messages: [{ role: "user", content: text }] };
    const init = { method: "POST", body: JSON.stringify(asked).replaceAll("-", "\\u002d") };
    const fetching = recordActivity(async () => streamed(text), { log });
    await (await fetching("https://models.example/v1/chat/completions", init)).text();
  },
};

const filesOf = (path: string): readonly (readonly [string, Buffer])[] =>
  readdirSync(dirname(path)).map((name) => [name, readFileSync(join(dirname(path), name))] as const);

test.each(Object.keys(WAYS))(
  "no secret that came in through %s is in any file, and what is none is there",
  async (way) => {
    const path = join(temporaryDirectory(), "log", "activity.db");
    const log = openDoor({ path });
    for (const { example } of CORPUS) await WAYS[way]?.(log, example);
    await WAYS[way]?.(log, HARMLESS);
    while (log.state().waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(log.state().lost).toBe(0);
    // The journal still has what was written, and is looked through before it is gone.
    const before = filesOf(path);
    expect(before.map(([name]) => name)).toContain("activity.db-wal");
    await log.close();
    for (const [name, bytes] of [...before, ...filesOf(path)])
      for (const { secret } of CORPUS) expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false);

    const runs = runsIn(path);
    const all = JSON.stringify(runs);
    for (const { secret } of CORPUS) expect(all, secret).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(all).toContain(HARMLESS);
    const database = new DatabaseSync(path, { readOnly: true });
    const search = database.prepare("SELECT count(*) AS count FROM message_text WHERE message_text MATCH ?");
    const found = (words: string): number => Number(search.get(`"${words.replaceAll('"', '""')}"`)?.count);
    for (const { secret } of CORPUS) expect(found(secret), secret).toBe(0);
    expect(found("max_tokens 4711")).toBeGreaterThan(0);
    database.close();
  },
);

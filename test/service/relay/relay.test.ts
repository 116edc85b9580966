/** Calls of models through the relay: the same bytes for their callers, and a run in the log for each. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startUpstream, type Upstream } from "../../activity/upstream.ts";
import { filesOf, relayProject, type StartedRelay, startRelay } from "./started.ts";

setDefaultTimeout(60_000);

let upstream: Upstream;
let relay: StartedRelay;

beforeAll(async () => {
  upstream = startUpstream();
  relay = await startRelay(relayProject(upstream.url));
}, 120_000);
afterAll(() => upstream[Symbol.asyncDispose]());

const KEY = "sk-of-the-caller-1234567890";

const asked = (model: string, stream: boolean) =>
  JSON.stringify({ model, stream, messages: [{ role: "user", content: "Well?" }], input: "Well?" });

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers: {
    "Content-Type": "application/json",
    Authorization: `Bearer ${KEY}`,
    "X-Api-Key": KEY,
    ...headers,
  },
});

test.each([
  ["openai/v1/chat/completions", false],
  ["openai/v1/chat/completions", true],
  ["openai/v1/responses", false],
  ["openai/v1/responses", true],
  ["anthropic/v1/messages", false],
  ["anthropic/v1/messages", true],
  ["openai/v1/embeddings", false],
])("%s, as a stream %p, gives the same bytes", async (path, stream) => {
  const before = (await relay.runs(0)).length;
  const body = asked("small", stream);
  const direct = await fetch(`${upstream.url}${path.slice(path.indexOf("/"))}`, post(body));
  const through = await relay.relay(path, post(body, { "X-Contextcore-User": "jürgen" }));
  expect([through.status, through.headers.get("content-type"), await through.bytes()]).toEqual([
    direct.status,
    direct.headers.get("content-type"),
    await direct.bytes(),
  ]);
  const [plain, relayed] = upstream.asked.slice(-2);
  const headers = Object.fromEntries(relayed?.headers ?? []);
  expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, "x-api-key": KEY });
  expect(Object.keys(headers).filter((name) => name.startsWith("x-contextcore"))).toEqual([]);
  expect([relayed?.path, relayed?.body]).toEqual([plain?.path, plain?.body]);
  const runs = await relay.runs(before + 1);
  expect(runs.at(-1)).toMatchObject({
    ...{ status: "ok", source: "relay", upstream: path.split("/")[0], user: "jürgen" },
    model_asked: "small",
  });
  expect(filesOf(relay.cwd)).not.toContain(KEY);
  expect(relay.log()).not.toContain(KEY);
});

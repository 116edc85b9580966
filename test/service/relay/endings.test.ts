/** How calls end: as they should, because somebody leaves, or because something breaks. Each is another thing in the log. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Message } from "../../../src/activity/format/run.ts";
import { isObject } from "../../../src/units/json.ts";
import {
  chunked,
  END,
  type Piece,
  type RawUpstream,
  STREAM_HEAD,
  said,
  startRawUpstream,
  whole,
} from "./raw-upstream.ts";
import { relayProject, type StartedRelay, startRelay } from "./started.ts";

setDefaultTimeout(60_000);

let upstream: RawUpstream;
let relay: StartedRelay;
let calls = 0;

beforeAll(async () => {
  upstream = await startRawUpstream();
  relay = await startRelay(
    relayProject(
      upstream.url,
      `    patient: { url: "${upstream.url}", api: openai, timeout: 1s }\n    gone: { url: "http://127.0.0.1:1", api: openai }\n`,
    ),
  );
}, 120_000);
afterAll(() => upstream[Symbol.asyncDispose]());

const PATH = "/v1/chat/completions";
const BODY = JSON.stringify({ model: "small", stream: true, messages: [{ role: "user", content: "Well?" }] });

/** Asks for an answer of these pieces, as a user of its own, by whom its run is found. */
async function asked(pieces: readonly Piece[], init: RequestInit = {}, name = "openai") {
  calls += 1;
  const user = `caller ${calls}`;
  const path = `/${calls}${PATH}`;
  upstream.answers(path, pieces);
  const headers = { "X-Contextcore-User": user, ...init.headers };
  const response = await relay.relay(`${name}${path}`, { method: "POST", body: BODY, ...init, headers });
  return {
    response,
    run: () => relay.runOf(user),
    output: async () => relay.run((await relay.runOf(user)).id)?.output ?? [],
  };
}

const errorIn = (body: unknown): unknown => isObject(body) && body.error;

const textOf = (output: readonly Message[]): string =>
  output.flatMap(({ parts }) => parts.map((part) => ("text" in part ? part.text : ""))).join("");

test("a stream without usage has ended well, and its tokens are not known", async () => {
  const events = [said("Yes"), said("."), said("", "stop"), "data: [DONE]\n\n"];
  const { response, run, output } = await asked([STREAM_HEAD, ...events.map(chunked), END]);
  expect(await response.text()).toBe(events.join(""));
  const found = await run();
  expect(found).toMatchObject({
    status: "ok",
    finish_reason: "stop",
    tokens_output: null,
    error_class: null,
  });
  expect(textOf(await output())).toBe("Yes.");
});

test("a caller that leaves is cancelled, here and at the upstream", async () => {
  const before = upstream.left();
  const leaving = new AbortController();
  const { response, run, output } = await asked([STREAM_HEAD, chunked(said("Ye")), "hang"], {
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  const found = await run();
  expect([found.status, found.error_class, textOf(await output())]).toEqual(["cancelled", null, "Ye"]);
  for (let left = 200; upstream.left() === before && left > 0; left -= 1) await Bun.sleep(20);
  expect(upstream.left()).toBe(before + 1);
});

test("a caller that leaves before an answer is cancelled, too", async () => {
  const leaving = new AbortController();
  const before = upstream.asked.length;
  const asking = asked(["hang"], { signal: leaving.signal }).catch((error) => error.name);
  for (let left = 200; upstream.asked.length === before && left > 0; left -= 1) await Bun.sleep(20);
  leaving.abort();
  expect(await asking).toBe("AbortError");
  expect((await relay.runOf(`caller ${calls}`)).status).toBe("cancelled");
});

test.each<[string, readonly Piece[]]>([
  ["breaks off", [STREAM_HEAD, chunked(said("Ye")), () => Bun.sleep(50), "break"]],
  ["ends without its end", [STREAM_HEAD, chunked(said("Ye")), () => Bun.sleep(50)]],
])("an upstream that %s is an error, and its caller sees the same", async (_, pieces) => {
  const { response, run, output } = await asked(pieces);
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(said("Ye"));
  expect(reader?.read()).rejects.toThrow();
  const found = await run();
  expect([found.status, found.error_class, textOf(await output())]).toEqual(["error", "connection", "Ye"]);
});

test("a stream that stops before the end of its interface was cut", async () => {
  const { response, run } = await asked([STREAM_HEAD, chunked(said("Ye")), END]);
  expect(await response.text()).toBe(said("Ye"));
  expect(await run()).toMatchObject({ status: "error", error_class: "cut" });
});

test("an error in the middle of a stream is the run's", async () => {
  const failed = 'data: {"error":{"type":"server_error","message":"It broke"}}\n\n';
  const { response, run } = await asked([STREAM_HEAD, chunked(said("Ye")), chunked(failed), END]);
  expect(await response.text()).toBe(said("Ye") + failed);
  expect(await run()).toMatchObject({ status: "error", error_class: "server_error", error_text: "It broke" });
});

test.each<[string, readonly Piece[], number]>([
  ["never answers", ["hang"], 504],
  ["falls silent", [STREAM_HEAD, chunked(said("Ye")), "hang"], 200],
])("an upstream that %s is given up after its time", async (_, pieces, status) => {
  const { response, run } = await asked(pieces, {}, "patient");
  expect(response.status).toBe(status);
  if (status === 200) expect(response.text()).rejects.toThrow();
  else
    expect(errorIn(await response.json())).toMatchObject({
      type: "contextcore_relay",
      message: expect.stringContaining("patient was silent for 1 s"),
    });
  expect(await run()).toMatchObject({ status: "error", error_class: "timeout" });
});

test("an upstream that is not there is 502, and says whose refusal it is", async () => {
  const { response, run } = await asked([], {}, "gone");
  expect([response.status, errorIn(await response.json())]).toEqual([
    502,
    { type: "contextcore_relay", message: expect.stringContaining("gone gave no answer") },
  ]);
  expect(await run()).toMatchObject({ status: "error", error_class: "connection" });
});

test("a refusal of the upstream passes as it is", async () => {
  const body = '{"error":{"type":"rate_limit","message":"Slowly"}}';
  const { response, run } = await asked(
    whole(
      body,
      "Content-Type: application/json\r\nRetry-After: 7\r\nX-Request-Id: theirs\r\n",
      "429 Too Many Requests",
    ),
  );
  expect([response.status, response.statusText, response.headers.get("retry-after")]).toEqual([
    429,
    "Too Many Requests",
    "7",
  ]);
  expect([response.headers.get("x-request-id"), await response.text()]).toEqual(["theirs", body]);
  // Theirs finds it in their log, and ours in ours.
  expect(response.headers.get("x-contextcore-request")).toMatch(/^[\da-f-]{36}$/);
  expect(await run()).toMatchObject({ status: "error", error_class: "rate_limit", error_text: "Slowly" });
});

test("where an upstream sends its callers is not gone to", async () => {
  const away =
    "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const { response } = await asked([away], { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([307, "http://127.0.0.1:1/elsewhere"]);
});

const ANSWER = JSON.stringify({
  model: "small",
  choices: [{ index: 0, message: { role: "assistant", content: "Packed." }, finish_reason: "stop" }],
});

test.each([
  ["gzip", gzipSync(ANSWER)],
  ["br", brotliCompressSync(ANSWER)],
  ["zstd", zstdCompressSync(ANSWER)],
])("an answer that is compressed with %s passes as it is, and is read beside", async (coding, body) => {
  const head = `Content-Type: application/json\r\nContent-Encoding: ${coding}\r\n`;
  const unread: object = { decompress: false };
  const { response, run, output } = await asked(whole(body, head), unread);
  expect(response.headers.get("content-encoding")).toBe(coding);
  expect(Buffer.from(await response.bytes()).equals(body)).toBe(true);
  const found = await run();
  expect([found.status, textOf(await output())]).toEqual(["ok", "Packed."]);
});

test.each([
  ["damaged", gzipSync(ANSWER).subarray(0, 30), "gzip", "error"],
  ["in a way that nobody knows", Buffer.from(ANSWER), "rot13", "ok"],
])("an answer that is compressed and %s passes, too", async (_, body, coding, status) => {
  const head = `Content-Type: application/json\r\nContent-Encoding: ${coding}\r\n`;
  const unread: object = { decompress: false };
  const { response, run } = await asked(whole(body, head), unread);
  expect(Buffer.from(await response.bytes()).equals(body)).toBe(true);
  expect((await run()).status).toBe(status);
});

test("what is no JSON, and what nobody has heard of, passes", async () => {
  const events =
    'data: {"choices":\n\nevent: new\ndata: {"x":1}\n\ndata: {"choices":[{"delta":{"content":"\\ud800\\u0000"}}]}\r\n\r\ndata: [DONE]\r\r';
  const pieces = [...Buffer.from(events)].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
  const { response, run, output } = await asked([STREAM_HEAD, ...pieces, END], { body: '{"model": ' });
  expect(await response.text()).toBe(events);
  const found = await run();
  expect([found.status, found.model_asked, textOf(await output())]).toEqual(["ok", null, "\ufffd\u0000"]);
});

test("several answers with calls that come by turns are put together", async () => {
  const call = (choice: number, index: number, rest: object) =>
    `data: ${JSON.stringify({ choices: [{ index: choice, delta: { tool_calls: [{ index, ...rest }] } }] })}\n\n`;
  const events = [
    ...[call(0, 0, { id: "a", function: { name: "look", arguments: "" } })],
    ...[call(1, 0, { id: "b", function: { name: "find", arguments: '{"q":' } })],
    ...[call(0, 1, { id: "c", function: { name: "look", arguments: "not JSON" } })],
    ...[call(0, 0, { function: { arguments: '{"at":1}' } })],
    ...[call(1, 0, { function: { arguments: '"x"}' } }), "data: [DONE]\n\n"],
  ];
  const { response, output } = await asked([STREAM_HEAD, ...events.map(chunked), END]);
  await response.text();
  const parts = (await output()).flatMap((message) => message.parts);
  expect(parts).toEqual([
    { type: "tool_call", id: "a", name: "look", arguments: { at: 1 } },
    { type: "tool_call", id: "c", name: "look", arguments: "not JSON" },
    { type: "tool_call", id: "b", name: "find", arguments: { q: "x" } },
  ]);
});

test("a secret in pieces, or escaped, is not kept", async () => {
  const secret = `sk-proj-${"A1b2C3d4".repeat(6)}`;
  const events = [said(secret.slice(0, 9)), said(secret.slice(9)), "data: [DONE]\n\n"];
  const escaped = BODY.replace(
    "Well?",
    [...secret].map((one) => `\\u00${one.charCodeAt(0).toString(16)}`).join(""),
  );
  const { response, run } = await asked([STREAM_HEAD, ...events.map(chunked), END], { body: escaped });
  await response.text();
  const found = await run();
  expect(JSON.stringify(relay.run(found.id))).not.toContain(secret.slice(10, 30));
  expect(found.redactions).toBe(2);
});

test("an answer of 50 MB passes; what is too much for the log is counted", async () => {
  const body = Buffer.alloc(50 << 20, "x");
  const { response, run } = await asked(whole(body, "Content-Type: application/json\r\n"));
  expect((await response.bytes()).length).toBe(body.length);
  expect(await run()).toMatchObject({ status: "ok", cut_bytes: body.length });
});

test("ten thousand calls of tools are kept", async () => {
  const calls = Array.from({ length: 10_000 }, (_, index) => ({
    id: `c${index}`,
    type: "function",
    function: { name: "t", arguments: "{}" },
  }));
  const body = JSON.stringify({
    choices: [{ index: 0, message: { role: "assistant", content: null, tool_calls: calls } }],
  });
  const { response, output } = await asked(whole(body, "Content-Type: application/json\r\n"));
  expect(await response.text()).toBe(body);
  expect((await output())[0]?.parts).toHaveLength(10_000);
});

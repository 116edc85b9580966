/** Who may not use the relay, and requests that want it to be something else. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { isObject } from "../../../src/units/json.ts";
import { startUpstream, type Upstream } from "../../activity/upstream.ts";
import { run } from "../../support/binary.ts";
import { eventsOf, startService, tokenFor } from "../../support/service.ts";
import { relayOf, relayProject, type StartedRelay, startRelay } from "./started.ts";

setDefaultTimeout(60_000);

let upstream: Upstream;
let relay: StartedRelay;

beforeAll(async () => {
  upstream = startUpstream();
  relay = await startRelay(
    relayProject(
      upstream.url,
      `    base: { url: "${upstream.url}/tenant/", api: openai, content: none }\n    off: { enabled: false, url: "${upstream.url}", api: openai }\n`,
    ),
  );
}, 120_000);
afterAll(() => upstream[Symbol.asyncDispose]());

const BODY = JSON.stringify({ model: "small", messages: [{ role: "user", content: "the question" }] });
const CHAT = "openai/v1/chat/completions";
const call = (headers: Record<string, string> = {}): RequestInit => ({ method: "POST", body: BODY, headers });

/** @returns the status, and that nothing reached the upstream */
async function refused(asking: Promise<Response>): Promise<[number, string]> {
  const before = upstream.asked.length;
  const response = await asking;
  const body = await response.json();
  expect(upstream.asked.length).toBe(before);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return [response.status, isObject(body) && isObject(body.error) ? String(body.error.message) : ""];
}

test("without a token of ours nothing passes, and the refusal says where one belongs", async () => {
  const viewer = await tokenFor(relay.cwd, "reader", "viewer");
  expect(await refused(fetch(`${relay.url}/relay/${CHAT}`, call()))).toEqual([
    401,
    expect.stringContaining("X-Contextcore-Token"),
  ]);
  expect((await refused(relay.relay(CHAT, call({ "X-Contextcore-Token": "cct_wrong" }))))[0]).toBe(401);
  expect((await refused(fetch(`${relay.url}/relay/t/wrong/${CHAT}`, call())))[0]).toBe(401);
  expect((await refused(relay.relay(CHAT, call({ "X-Contextcore-Token": viewer }))))[0]).toBe(403);
  const bearer = call({ Authorization: `Bearer ${relay.token}` });
  expect((await refused(fetch(`${relay.url}/relay/${CHAT}`, bearer)))[0]).toBe(401);
});

test("a token in the path lets in, and is in no log", async () => {
  const response = await fetch(`${relay.url}/relay/t/${relay.token}/${CHAT}?a=b`, call());
  expect(response.status).toBe(200);
  expect(upstream.asked.at(-1)?.path).toBe("/v1/chat/completions");
  await fetch(`${relay.url}/relay/t/not-a-token/${CHAT}`, call());
  for (let left = 100; !relay.log().includes("/relay/t/…/openai/v1/chat/completions") && left > 0; left -= 1)
    await Bun.sleep(20);
  expect(relay.log()).toContain("/relay/t/…/openai/v1/chat/completions");
  expect(relay.log()).not.toContain(relay.token);
  expect(relay.log()).not.toContain("not-a-token");
});

test("pages of browsers are refused", async () => {
  for (const headers of [
    { Origin: relay.url },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
  ] as Record<string, string>[])
    expect((await refused(relay.relay(CHAT, call(headers))))[0]).toBe(403);
});

test("and so they are whatever else they ask of the relay alone", async () => {
  const runs = { method: "POST", body: '{"runs":[]}' };
  const headers = { Authorization: `Bearer ${relay.token}`, "Content-Type": "application/json" };
  const asked = (more: Record<string, string>) =>
    fetch(`${relay.url}/api/v1/activity/runs`, { ...runs, headers: { ...headers, ...more } });
  expect((await asked({})).status).toBe(202);
  expect((await asked({ Origin: relay.url })).status).toBe(403);
  expect((await fetch(`${relay.url}/api/health`, { headers: { Origin: relay.url } })).status).toBe(403);
});

test("only what is configured is an upstream", async () => {
  for (const name of [
    "off",
    "evil.example",
    "http:",
    "127.0.0.1:1",
    "openai@evil.example",
    "OPENAI",
    "",
    "t",
  ])
    expect([name, ...(await refused(relay.relay(`${name}/v1/models`)))]).toEqual([
      name,
      name === "t" ? 401 : 404,
      expect.any(String),
    ]);
});

/** Sends bytes as they are. @returns the status */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(relay.url);
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    socket.on("data", (piece) => (heard += piece.toString()));
    socket.on("close", () => resolve(heard.slice(9, 12)));
    socket.on("error", reject);
  });
}

const head = (target: string, more = "", method = "GET"): string =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Contextcore-Token: ${relay.token}\r\n${more}\r\n`;

test.each([
  ["/relay/base/..%2f..%2fv1/models", "400"],
  ["/relay/base/%2e%2e%2fv1/models", "400"],
  ["/relay/base/x/..;/v1/models", "400"],
  ["/relay/base/x%5c..%5cv1", "400"],
  ["/relay/base//evil.example/", "400"],
  ["/relay/base/a%0d%0aX-Evil:1", "400"],
  ["/relay/base/%ff", "400"],
  ["/relay/base/../openai2/v1", "404"],
  ["/relay/base/%2e%2e/openai2/v1", "404"],
])("%s leads nowhere", async (path, status) => {
  const before = upstream.asked.length;
  expect(await raw(head(path))).toBe(status);
  expect(upstream.asked.length).toBe(before);
});

test("a target that names another host leads to the one that is configured, and CONNECT nowhere", async () => {
  expect(await raw(head("http://evil.example/relay/base/v1/models"))).toBe("200");
  expect(upstream.asked.at(-1)?.path).toBe("/tenant/v1/models");
  expect(await raw(head("evil.example:443", "", "CONNECT"))).toBe("421");
});

test.each([
  ["Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"],
  ["Content-Length: 3\r\nContent-Length: 4\r\n"],
  ["Transfer-Encoding: gzip, chunked\r\n"],
  ["Transfer-Encoding: xchunked\r\n"],
  ["Connection: x-api-key\r\n"],
  ["Connection: close, Authorization\r\n"],
  ["Connection: X-Contextcore-Token\r\n"],
  ["Connection: content-length\r\n"],
  ["X-A: b\r\n c\r\n"],
  ["X-A : b\r\n"],
  ["X-A: b\0c\r\n"],
])("%j smuggles nothing", async (more) => {
  const before = upstream.asked.length;
  expect(await raw(head("/relay/openai/v1/models", more, "POST"))).toBe("400");
  expect(upstream.asked.length).toBe(before);
});

test("headers of a connection, of ours and of proxies end here; others pass", async () => {
  const own = {
    ...{
      Connection: "x-mine",
      "X-Mine": "1",
      Cookie: "contextcore=1",
      "X-Forwarded-For": "10.0.0.1",
      Via: "1.1 a",
    },
    ...{ "Keep-Alive": "5", TE: "trailers", "X-Activity-Content": "none", "X-Contextcore-Conversation": "c" },
  };
  const passed = {
    "Openai-Organization": "org",
    "X-Stainless-Lang": "js",
    "User-Agent": "theirs",
    Accept: "text/plain",
  };
  await (await relay.relay(CHAT, call({ ...own, ...passed }))).text();
  const headers = Object.fromEntries(upstream.asked.at(-1)?.headers ?? []);
  expect(headers).toMatchObject({
    "openai-organization": "org",
    "x-stainless-lang": "js",
    "user-agent": "theirs",
    accept: "text/plain",
  });
  for (const name of Object.keys(own).filter((one) => one !== "Connection"))
    expect([name, headers[name.toLowerCase()]]).toEqual([name, undefined]);
});

test("a call may have less kept of it than is set, and never more", async () => {
  const kept = async (path: string, content: string) => {
    const user = `${content} by ${path}`;
    await (
      await relay.relay(path, call({ "X-Activity-Content": content, "X-Contextcore-User": user }))
    ).text();
    const found = await relay.runOf(user);
    return [found.content, relay.run(found.id)?.input.length];
  };
  expect(await kept(CHAT, "none")).toEqual(["none", 0]);
  expect(await kept(CHAT, "full")).toEqual(["redacted", 1]);
  expect(await kept("base/v1/chat/completions", "full")).toEqual(["none", 0]);
  expect(await refused(relay.relay(CHAT, call({ "X-Activity-Content": "all" })))).toEqual([
    400,
    expect.stringContaining("none, redacted or full"),
  ]);
});

test("a label that is none is left out and counted, and the call goes through", async () => {
  const headers = { "X-Contextcore-Entity": "ticket", "X-Contextcore-User": "unlabelled" };
  const answer = await relay.relay(CHAT, call(headers));
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("Yes.")]);
  expect(await relay.runOf("unlabelled")).toMatchObject({ status: "ok", entity_type: null, entity_id: null });
  expect(await (await fetch(`${relay.url}/metrics`)).text()).toContain(
    'contextcore_activity_malformed_labels_total{upstream="openai"} 1\n',
  );
});

test("what headers say of a run is in the log, with the trace that it belongs to", async () => {
  const headers = {
    ...{
      "X-Contextcore-User": "ada",
      "X-Contextcore-Entity": "ticket:47:11",
      "X-Contextcore-Conversation": "c1",
    },
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  };
  await (await relay.relay(CHAT, call(headers))).text();
  expect(await relay.runOf("ada")).toMatchObject({
    ...{ user: "ada", entity_type: "ticket", entity_id: "47:11", conversation: "c1", provider: "openai" },
    ...{ trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", parent_id: "00f067aa0ba902b7" },
  });
  expect(upstream.asked.at(-1)?.headers.get("traceparent")).toBe(headers.traceparent);
});

test("what asks no model passes, and is counted", async () => {
  expect(await (await relay.relay("openai/v1/models?limit=2")).text()).toBe('{"data":[]}');
  const file = JSON.stringify("x".repeat(3 << 20));
  await (await relay.relay("openai/v1/files", { method: "POST", body: file })).text();
  expect(upstream.asked.at(-1)?.body.length).toBe(file.length);
  await (
    await relay.relay("openai/v1/threads/1/messages", call({ "X-Contextcore-User": "not noted" }))
  ).text();
  await (await relay.relay(CHAT, call({ "X-Contextcore-User": "the last one" }))).text();
  await relay.runOf("the last one");
  expect((await relay.runs(0)).filter(({ user }) => user === "not noted")).toEqual([]);
  const metrics = await (await fetch(`${relay.url}/metrics`)).text();
  const other =
    /contextcore_activity_requests_total\{upstream="openai",kind="other",outcome="ok"\} (\d+)/.exec(metrics);
  expect(Number(other?.[1])).toBeGreaterThanOrEqual(3);
  expect(metrics).toContain('contextcore_activity_open_requests{upstream="openai"} 0\n');
  expect(
    Number(/contextcore_activity_sent_bytes_total\{upstream="openai"\} (\d+)/.exec(metrics)?.[1]),
  ).toBeGreaterThan(file.length);
});

test("the relay alone answers nothing else, and is well", async () => {
  expect(await (await fetch(`${relay.url}/api/health`)).json()).toMatchObject({ status: "ok", problems: [] });
  expect(await (await fetch(`${relay.url}/api/ready`)).json()).toMatchObject({ ready: true });
  const admin = await tokenFor(relay.cwd, "boss", "admin");
  for (const path of ["/api/v1/tasks", "/api/v1/snapshots", "/", "/api/v1/activity/runs"])
    expect(
      (await fetch(`${relay.url}${path}`, { headers: { Authorization: `Bearer ${admin}` } })).status,
    ).toBeGreaterThan(400);
  const taken = await fetch(`${relay.url}/api/v1/activity/runs`, {
    ...{ method: "POST", body: '{"runs":[{"modelAsked":"by-hand"}]}' },
    headers: { Authorization: `Bearer ${relay.token}`, "Content-Type": "application/json" },
  });
  expect(taken.status).toBe(202);
});

test("a full service relays, too, beside the relay alone, and its refusals are events", async () => {
  const service = await startService(relay.cwd);
  const full = relayOf(service, relay.token);
  expect((await full.relay(CHAT, call())).status).toBe(200);
  expect((await full.relay(CHAT, call({ Host: "another.example" }))).status).toBe(200);
  expect((await full.relay("t/none/openai/v1/models")).status).toBe(401);
  const second = await run(["serve", "--listen", "127.0.0.1:0"], { cwd: relay.cwd });
  expect([second.exitCode, second.stderr]).toEqual([4, expect.stringContaining("another service serves")]);
  await service.stop();
  const [event] = eventsOf(relay.cwd).filter(({ operation }) => operation === "access");
  expect(event.details.path).toBe("/relay/t/…/openai/v1/models");
});

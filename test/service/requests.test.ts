/** Requests as they must not be: foreign pages, paths that lead elsewhere, bodies without end; and how each is told. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { eventsOf, quietProject, type StartedService, startService } from "../support/service.ts";

setDefaultTimeout(30_000);

/** For what changes nothing of it. */
const quiet = startService(quietProject());

test("another name for its address is refused, as is a foreign page, and both are events", async () => {
  const service = await startService(quietProject("service:\n  hosts: [Shop.example]\n"));
  const asked = async (Host: string) => (await service.ask("/api/health", { headers: { Host } })).status;
  expect(await asked("evil.example")).toBe(421);
  expect(await asked("127.0.0.1.nip.io:80")).toBe(421);
  expect(await asked("localhost")).toBe(200);
  expect(await asked("shop.EXAMPLE:1234")).toBe(200);
  const foreign = await service.ask("/api/v1/session", {
    method: "DELETE",
    headers: { Origin: "https://evil.example" },
  });
  expect([foreign.status, foreign.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
  await service.stop();
  expect(
    eventsOf(service.cwd).map(({ operation, outcome, user, via, details: { status } }) => [
      operation,
      outcome,
      user,
      via,
      status,
    ]),
  ).toEqual([
    ["access", "refused", "anonymous", "api", 421],
    ["access", "refused", "anonymous", "api", 421],
    ["access", "refused", "admin", "api", 403],
  ]);
});

test("a request's id is taken, or made, and is in the answer, the log and the trail", async () => {
  const service = await startService(quietProject());
  const given = await service.ask("/api/v1/nothing", { headers: { "X-Request-Id": "night-7" } });
  expect([given.status, given.headers.get("x-request-id"), await given.json()]).toEqual([
    404,
    "night-7",
    expect.objectContaining({
      request: "night-7",
      status: 404,
      detail: "there is nothing at /api/v1/nothing",
    }),
  ]);
  const hostile = await service.ask("/api/health", { headers: { "X-Request-Id": "a b\u0080" } });
  expect(hostile.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  const refused = await service.ask("/api/v1/session", {
    headers: { Authorization: "Basic YTpi", "X-Request-Id": "night-8" },
  });
  expect(refused.status).toBe(401);
  await service.stop();
  const told = service
    .log()
    .split("\n")
    .filter((line) => line.includes("night-7"))
    .map((line) => JSON.parse(line));
  expect(told).toMatchObject([
    { message: "GET /api/v1/nothing", status: 404, user: "admin", request: "night-7" },
  ]);
  expect(eventsOf(service.cwd)).toMatchObject([
    { operation: "access", user: "anonymous", request: "night-8" },
  ]);
});

test("another method, another body, a query that is not known", async () => {
  const service = await startService(quietProject());
  const wrong = await service.ask("/api/health", { method: "PUT" });
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await service.ask("/api/health", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const post = (body: string, type: string) =>
    service.ask("/api/v1/session", { method: "POST", body, headers: { "Content-Type": type } });
  expect((await post("{}", "text/plain")).status).toBe(415);
  const missing = await post("{}", "application/json");
  expect([missing.status, await missing.json()]).toMatchObject([
    400,
    { detail: "the body is wrong: token is missing" },
  ]);
  const unknown = await post('{"tokens":1,"token":"x"}', "application/json");
  expect(await unknown.json()).toMatchObject({ hint: "did you mean token?" });
  expect((await post("{", "application/json")).status).toBe(400);
  const query = await service.ask("/api/health?verbose=1");
  expect([query.status, await query.json()]).toEqual([
    400,
    expect.objectContaining({ detail: "the query is wrong: verbose is not known" }),
  ]);
  await service.stop();
});

/** Sends bytes as they are, and returns everything that comes back until the connection ends. */
function raw(service: StartedService, text: string): Promise<string> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (piece) => (heard += piece.toString()));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
}

const HEAD = (line: string) => `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;

test("paths that lead elsewhere lead nowhere", async () => {
  const service = await startService(quietProject());
  for (const path of [
    "/../etc/passwd",
    "/api/../../x",
    "/api/%2e%2e/x",
    "//evil.example/api/health",
    "/api/v1//session",
    "/API/health",
  ])
    expect([path, (await raw(service, `${HEAD(`GET ${path}`)}\r\n`)).slice(9, 12)]).toEqual([path, "404"]);
  expect((await raw(service, `${HEAD("GET /api/%ff/x")}\r\n`)).slice(9, 12)).toBe("400");
  expect((await raw(service, `${HEAD(`GET /${"a".repeat(5_000)}`)}\r\n`)).slice(9, 12)).toBe("414");
  expect(
    (await raw(service, `${HEAD("GET /api/health")}X: ${"a".repeat(40_000)}\r\n\r\n`)).slice(9, 12),
  ).toBe("431");
  await service.stop();
});

test.each([
  "a b",
  "[::1",
  "x:y:z",
  "",
  "loc%61lhost",
  "localhost, evil.example",
  "localhost\r\nHost: evil.example",
])("%j is no host that it answers to", async (host) => {
  const said = await raw(
    await quiet,
    `GET /api/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
  expect(said.slice(9, 12)).toBe("421");
});

test("two lengths in one request are no request", async () => {
  const both = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  const said = await raw(await quiet, `${HEAD("POST /api/v1/session")}${both}${HEAD("GET /api/health")}\r\n`);
  expect(said.match(/^HTTP.*$/gm)).toEqual(["HTTP/1.1 400 Bad Request"]);
});

test("what a proxy asks that nobody has declared is not asked from this machine", async () => {
  const { url, admin } = await quiet;
  const metrics = async (headers: Record<string, string>) =>
    (await fetch(`${url}/metrics`, { headers })).status;
  expect(await metrics({})).toBe(200);
  expect(await metrics({ "X-Forwarded-For": "203.0.113.9" })).toBe(401);
  expect(await metrics({ Forwarded: "for=203.0.113.9", Authorization: `Bearer ${admin}` })).toBe(200);
});

test("a body without end costs nothing, and half a request is not waited for", async () => {
  const service = await startService(quietProject());
  const declared = await raw(
    service,
    `${HEAD("POST /api/v1/session")}Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{`,
  );
  expect([declared.slice(9, 12), declared]).toEqual(["413", expect.stringContaining("problem+json")]);
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  });
  const sent = await service.ask("/api/v1/session", {
    method: "POST",
    body: endless,
    headers: { "Content-Type": "application/json" },
  });
  expect(sent.status).toBe(413);
  const began = performance.now();
  expect(await raw(service, "GET /api/health HTTP/1.1\r\nHost: lo")).not.toContain("200 OK");
  expect(performance.now() - began).toBeLessThan(25_000);
  const memory = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.pid}/status`, "utf8"));
  expect(Number(memory?.[1])).toBeLessThan(200_000);
  await service.stop();
});

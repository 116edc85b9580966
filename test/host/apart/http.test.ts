/** A plugin's calls of its server are made outside of its process, where the credentials are. */
import { describe, expect, test } from "bun:test";
import { backendSource, failure, NEVER, openSource } from "./border.ts";

interface Asked {
  readonly line: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A server that tells what it was asked. */
function serve(answer: (request: Request) => Response | Promise<Response> = () => Response.json({ ok: 1 })) {
  const asked: Asked[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      asked.push({
        line: `${request.method} ${pathname}${search}`,
        headers: Object.fromEntries(request.headers),
        body: await request.clone().text(),
      });
      return answer(request);
    },
  });
  return { asked, url: server.url.origin, [Symbol.dispose]: () => void server.stop(true) };
}

const SERVER = '{ ...option.serverOptions("http://127.0.0.1:1"), key: option.secret("Its own") }';

describe("credentials", () => {
  /** Everything that the process can see of itself. */
  const all = `
    size: async () => {
      const { readFileSync } = require("node:fs");
      const seen = [Bun.inspect(context, { depth: 9 }), JSON.stringify(context.options), readFileSync("/proc/self/environ", "latin1"), readFileSync("/proc/self/cmdline", "latin1"), JSON.stringify(Bun.env)];
      await context.http.send({ path: "/x" });
      return { bytes: 0, source: "estimate", how: seen.join("\\n") };
    },`;

  test.each([
    ["a token", "token: s3cret-t", "Bearer s3cret-t"],
    ["a user and a password", "username: me, password: s3cret-p", `Basic ${btoa("me:s3cret-p")}`],
    ["those in the URL", "", `Basic ${btoa("me:s3cret-u")}`],
  ])("%s: the server gets them, and the process does not have them", async (_, settings, authorization) => {
    using server = serve();
    const url = settings === "" ? server.url.replace("//", "//me:s3cret-u@") : server.url;
    const headers = 'headers: { X-Key: "s3cret-h" }, tenant: t1';
    using place = await openSource(backendSource(all, SERVER), {
      settings: `{ url: "${url}", ${headers}, ${settings} }`,
    });
    const how = (await place.backend?.size(NEVER))?.how ?? "";
    expect(how).not.toContain("s3cret");
    expect(how).toContain(`"url":"${server.url}"`);
    expect(server.asked[0]?.headers).toMatchObject({
      authorization,
      "x-key": "s3cret-h",
      "x-scope-orgid": "t1",
    });
  });

  test("go to its own server, and to no other that its declaration names", async () => {
    using server = serve();
    using other = serve();
    const { host, port } = new URL(other.url);
    const hosts = [host, `localhost:${port}`];
    const source = backendSource(
      `size: async () => {
        for (const base of ["${other.url}", "http://localhost:${port}", "${server.url}/more"])
          await context.http.at(base).send({ path: "/" });
        await context.http.at("${other.url}").at("${server.url}").send({ path: "/" });
        return { bytes: 0, source: "api" };
      },`,
      SERVER,
      `hosts: ${JSON.stringify(hosts)},`,
    );
    const more = 'headers: { X-Key: "s3cret-h" }, tenant: s3cret-n';
    for (const settings of ["token: s3cret-t", "username: s3cret-u, password: s3cret-p"]) {
      using place = await openSource(source, { settings: `{ url: "${server.url}", ${settings}, ${more} }` });
      await place.backend?.size(NEVER);
    }
    expect(other.asked).toHaveLength(4);
    for (const { headers } of other.asked) {
      expect(JSON.stringify(headers)).not.toContain("s3cret");
      expect(Object.keys(headers)).not.toContain("authorization");
    }
    expect(server.asked).toHaveLength(4);
    for (const { headers } of server.asked)
      expect(headers).toMatchObject({
        authorization: expect.any(String),
        "x-key": "s3cret-h",
        "x-scope-orgid": "s3cret-n",
      });
  });

  test("of the user's for a bucket sign no request: a declared host is reached by HTTP or not at all", async () => {
    const source = backendSource(
      `size: async () => { await context.http.at("s3://bucket").send({ path: "/key" }); return { bytes: 0, source: "api" }; },`,
      SERVER,
      `hosts: ["bucket"],`,
    );
    using place = await openSource(source);
    expect(await failure(place.backend?.size(NEVER))).toMatchObject({
      kind: "refused",
      message: "acme/x wanted to talk to s3://bucket",
    });
  });

  test("a secret that is not the client's is the plugin's own", async () => {
    using server = serve();
    const told = `size: async () => ({ bytes: context.options.key.length, source: "api" }),`;
    using place = await openSource(backendSource(told, SERVER), {
      settings: `{ url: "${server.url}", key: 12345678 }`,
    });
    expect(place.failures[0]?.error.message).toMatch(/acme\/x\.key: expected a string/);
    using written = await openSource(backendSource(told, SERVER), {
      settings: `{ url: "${server.url}", key: "12345678" }`,
    });
    expect(await written.backend?.size(NEVER)).toMatchObject({ bytes: 8 });
  });
});

describe("a call", () => {
  const calling = (parts: string, more = "") =>
    backendSource(`size: async (signal) => { const { http } = context; ${parts} },`, SERVER, more);
  const call = async (parts: string, server: { url: string }, more = "") =>
    openSource(calling(parts, more), { settings: `{ url: "${server.url}/base" }` });

  test("has what it was given: method, query, headers, form, JSON, bytes, a status that is an answer", async () => {
    using server = serve(() => new Response("gone", { status: 404, headers: { "X-Said": "yes" } }));
    using place = await call(
      `await http.send({ path: "/a", query: { n: 5n, list: ["a", "b"], none: undefined, yes: true }, headers: { "X-One": "1" }, accept: [404] });
       await http.send({ method: "POST", path: "/b", form: { a: "é" }, accept: [404] });
       await http.send({ method: "PUT", path: "/c", json: { a: [1] }, accept: [404] });
       const answer = await http.send({ method: "PATCH", path: "/d", body: new Uint8Array([104, 105]), accept: [404] });
       return { bytes: answer.status, source: "estimate", how: answer.headers.get("x-said") + await answer.text() };`,
      server,
    );
    expect(await place.backend?.size(NEVER)).toMatchObject({ bytes: 404, how: "yesgone" });
    expect(server.asked.map(({ line, body }) => [line, body])).toEqual([
      ["GET /base/a?n=5&list=a&list=b&yes=true", ""],
      ["POST /base/b", "a=%C3%A9"],
      ["PUT /base/c", '{"a":[1]}'],
      ["PATCH /base/d", "hi"],
    ]);
    expect(server.asked[0]?.headers["x-one"]).toBe("1");
  });

  test.each([
    [429, { kind: "temporary", status: 429, retryAfterMs: 7_000 }],
    [401, { kind: "refused", status: 401 }],
    [204, { message: expect.stringContaining("an empty body instead of JSON") }],
  ])("that is answered with %d is classified as ever", async (status, expected) => {
    using server = serve(
      () => new Response(status === 204 ? null : "no", { status, headers: { "Retry-After": "7" } }),
    );
    using place = await call(
      `await http.json(v.object({}), { path: "/" }); return { bytes: 0, source: "api" };`,
      server,
    );
    expect(await failure(place.backend?.size(NEVER))).toMatchObject(expected);
  });

  test("whose answer is cut, or is of another shape, or takes too long", async () => {
    using server = serve((request) => {
      if (request.url.endsWith("/shape")) return Response.json({ n: "x" });
      if (request.url.endsWith("/slow")) return new Promise(() => undefined);
      let sent = false;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (sent) controller.error(new Error("cut"));
            else controller.enqueue(Buffer.from('{"n":'));
            sent = true;
          },
        }),
      );
    });
    const messages: string[] = [];
    for (const request of ['{ path: "/cut" }', '{ path: "/shape" }', '{ path: "/slow", timeoutMs: 50 }']) {
      using place = await call(
        `await http.json(v.object({ n: v.number() }), ${request}); return { bytes: 0, source: "api" };`,
        server,
      );
      const { kind, message } = await failure(place.backend?.size(NEVER));
      messages.push(`${kind}: ${message.replace(server.url, "URL")}`);
    }
    expect(messages).toEqual([
      expect.stringMatching(/^temporary: acme\/x at URL\/base: GET \/cut got no answer/),
      expect.stringMatching(
        /^invalid: acme\/x at URL\/base: GET \/shape: the answer's field n is not as expected/,
      ),
      "temporary: acme/x at URL/base: GET /slow took longer than 0.05 s",
    ]);
  });

  test("whose answers have no body may be as many as there are", async () => {
    using server = serve((request) => new Response(null, { status: request.url.endsWith("1") ? 204 : 200 }));
    using place = await call(
      `for (let at = 0; at < 1_100; at += 1) await (await http.send({ path: "/" + (at % 2) })).text();
      return { bytes: 1, source: "api" };`,
      server,
    );
    expect(await place.backend?.size(NEVER)).toEqual({ bytes: 1, source: "api" });
  });

  test.each([
    [
      "another host",
      'http.at("http://localhost.example").send({ path: "/" })',
      /wanted to talk to localhost\.example, which it did not declare/,
    ],
    ["a path that is a host", 'http.send({ path: "@localhost.example/" })', /does not start with/],
    ["a scheme that is none", 'http.at("file:///etc/passwd").send({ path: "" })', /wanted to talk to/],
  ])("to %s is not made", async (_, source, message) => {
    using server = serve();
    using place = await call(`await ${source}; return { bytes: 0, source: "api" };`, server);
    expect((await failure(place.backend?.size(NEVER))).message).toMatch(message);
    expect(server.asked).toEqual([]);
  });

  test("to another port of its host, or to where another of its options points, is made", async () => {
    using server = serve();
    using other = serve();
    const source = calling(
      `await http.at("${other.url}").send({ path: "/o" }); return { bytes: 0, source: "api" };`,
    );
    using place = await openSource(source, { settings: `{ url: "${server.url}" }` });
    await place.backend?.size(NEVER);
    expect(other.asked.map(({ line }) => line)).toEqual(["GET /o"]);
  });

  test("that is given up is given up at the server, too", async () => {
    const gone = Promise.withResolvers<void>();
    using server = serve((request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      return new Promise(() => undefined);
    });
    using place = await call(
      `await http.send({ path: "/", signal }); return { bytes: 0, source: "api" };`,
      server,
    );
    const controller = new AbortController();
    const asked = failure(place.backend?.size(controller.signal)).catch((error) => error);
    while (server.asked.length === 0) await Bun.sleep(5);
    controller.abort(new Error("the reader left"));
    expect(await asked).toMatchObject({ message: "the reader left" });
    await gone.promise;
  });
});

test("a body is read no faster than the plugin reads it, and an endless one ends when it has enough", async () => {
  const piece = new Uint8Array(64 << 10).fill(120);
  const ended = Promise.withResolvers<void>();
  let sent = 0;
  using server = serve(
    () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            sent += piece.length;
            controller.enqueue(piece);
            // Else a source that is always ready would not let anybody else run.
            await Bun.sleep(0);
          },
          cancel: () => ended.resolve(),
        }),
      ),
  );
  using place = await openSource(
    backendSource(
      `size: async () => {
        let read = 0;
        for await (const bytes of (await context.http.send({ path: "/" })).body) {
          read += bytes.length;
          if (read < 1_000_000) continue;
          context.log.warn("enough");
          await Bun.sleep(1_000);
          break;
        }
        return { bytes: read, source: "api" };
      },`,
      SERVER,
    ),
    { settings: `{ url: "${server.url}" }` },
  );
  const size = place.backend?.size(NEVER);
  while (!place.log.some((line) => line.includes("enough"))) await Bun.sleep(5);
  const { bytes = 0 } = (await size) ?? {};
  // What the system's buffers and the client's hold is a few MiB; without a brake it would be hundreds.
  expect(sent - bytes).toBeLessThan(24 << 20);
  await ended.promise;
});

/** Names of dots in a path: fetch takes them away, so that a call would be about something else. */
import { afterAll, expect, test } from "bun:test";
import { PluginError } from "../../src/contract/errors.ts";
import { createHttpClient } from "../../src/http/client.ts";
import { pathOf, serveAsSent } from "../lab/as-sent.ts";

const server = await serveAsSent(async (request) => {
  const path = pathOf(request);
  if (path.startsWith("/moved")) return new Response("", { status: 301, headers: { location: "/" } });
  if (path.startsWith("/none")) return new Response(null, { status: 204 });
  if (path.startsWith("/missing")) return new Response("no such thing", { status: 404 });
  if (path.startsWith("/zipped"))
    return new Response(Bun.gzipSync("unpacked"), { headers: { "content-encoding": "gzip" } });
  if (path.startsWith("/hang")) return new Promise<Response>(() => undefined);
  const { method, headers, url } = request;
  return Response.json({ method, url, body: await request.text(), token: headers.get("authorization") });
});
afterAll(() => server.stop());

const url = `http://127.0.0.1:${server.port}`;
const client = createHttpClient({ name: "grafana", url: `${url}/`, token: "t0ken" });

const seen = async (path: string): Promise<unknown> => {
  const { url: address } = (await (await client.send({ path, query: { q: ".." } })).json()) as {
    url: string;
  };
  return address.slice(url.length);
};

test.each([
  ["/a/../b", "/a/%2E%2E/b"],
  ["/a/.", "/a/%2E"],
  ["/a/..", "/a/%2E%2E"],
  ["/a/./../c", "/a/%2E/%2E%2E/c"],
  ["/a/%2e%2E/b", "/a/%2e%2E/b"],
  ["/a/.%2e", "/a/%2E%2e"],
  ["/a/%252E%252E/b", "/a/%252E%252E/b"],
  ["/a/.../b.", "/a/.../b."],
])("%s reaches the server as %s", async (asked, sent) => {
  expect(await seen(asked)).toBe(`${sent}?q=..`);
});

test("a call with such a path is a call like any other", async () => {
  const answer = await client.send({ method: "PUT", path: "/groups/..", json: { ä: 1 } });
  expect(await answer.json()).toEqual({
    method: "PUT",
    url: `${url}/groups/%2E%2E`,
    body: '{"ä":1}',
    token: "Bearer t0ken",
  });
  expect((await client.send({ path: "/none/.." })).status).toBe(204);
  expect((await client.send({ path: "/missing/..", accept: [404] })).status).toBe(404);
  expect(await (await client.send({ path: "/zipped/." })).text()).toBe("unpacked");
});

const failure = async (path: string, options: object = {}, other = client): Promise<PluginError> => {
  const error = await other.send({ path, ...options }).catch((thrown: unknown) => thrown);
  if (error instanceof PluginError) return error;
  throw new Error(`${path} gave ${String(error)}`);
};

test("what goes wrong is classified as ever", async () => {
  expect(await failure("/missing/..")).toMatchObject({ kind: "not-found", status: 404 });
  expect(await failure("/hang/..", { timeoutMs: 20 })).toMatchObject({ kind: "temporary", timedOut: true });
  const nobody = createHttpClient({ name: "grafana", url: "http://127.0.0.1:9" });
  expect(await failure("/a/..", {}, nobody)).toMatchObject({ kind: "temporary", absent: true });
  const stop = new AbortController();
  const given = client.send({ path: "/hang/..", signal: stop.signal });
  stop.abort(new Error("enough"));
  expect(given).rejects.toThrow("enough");
});

test("a router that takes the name for a step is said to, not that the url is wrong", async () => {
  const error = await failure("/moved/..");
  expect(error.kind).toBe("invalid");
  expect(error.message).toContain("GET /moved/.. answered 301: in a URL a name of dots does not reach it");
  expect(error.hint).not.toContain("set `url`");
});

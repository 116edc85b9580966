import { afterAll, expect, test } from "bun:test";
import * as v from "valibot";
import { PluginError } from "../../src/contract/errors.ts";
import { createHttpClient } from "../../src/http/client.ts";
import { redactor } from "../../src/redact/known-secrets.ts";

const ZIPPED = Bun.gzipSync(JSON.stringify({ data: "x".repeat(100_000) }));
const encoded = (body: Uint8Array, encoding: string): Response =>
  new Response(body.slice(), { headers: { "content-encoding": encoding } });

const PAGES: Record<string, (request: Request) => Response | Promise<Response>> = {
  "/ok": () => Response.json({ status: "success", data: [1] }),
  "/page": () =>
    new Response("<!doctype html><title>Sign in</title>", { headers: { "content-type": "text/html" } }),
  "/half": () => new Response('{"status":"succ'),
  "/empty": () => new Response(""),
  "/busy": () => new Response("too many", { status: 429, headers: { "retry-after": "2" } }),
  "/moved": () => new Response("", { status: 302, headers: { location: "http://elsewhere.example/login" } }),
  "/login": () =>
    new Response("", {
      status: 302,
      headers: { location: "https://ada:pw@sso.example/s3cr3t-token?state=one-time#code=two" },
    }),
  "/near": () => new Response("", { status: 302, headers: { location: "/sign-in?state=one-time" } }),
  "/echo": async (request) =>
    Response.json({ headers: request.headers.toJSON(), body: await request.text(), url: request.url }),
  "/secret": () => new Response("bad token s3cr3t-token for http://ada:pw@host/", { status: 400 }),
  "/cut": () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("half of "));
          setTimeout(() => controller.error(new Error("cut")), 10);
        },
      }),
    ),
  "/zipped": () => encoded(ZIPPED, "gzip"),
  "/zipped-cut": () => encoded(ZIPPED.subarray(0, ZIPPED.length - 12), "gzip"),
  "/zipped-empty": () => encoded(new Uint8Array(), "gzip"),
  "/own": (request) => encoded(Buffer.from("as it is"), request.headers.get("accept-encoding") ?? ""),
  "/brotli": () => encoded(Buffer.from("whatever"), "br"),
  "/large": () => new Response("x".repeat(100_000)),
  "/endless-error": () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.from("no ".repeat(99_999))) }),
      {
        status: 500,
      },
    ),
  "/hang": () => new Promise<Response>(() => undefined),
};

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => {
    const { pathname } = new URL(request.url);
    const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
    if (status !== undefined) return new Response("said so", { status: Number(status) });
    return PAGES[pathname]?.(request) ?? new Response("404 page not found\n", { status: 404 });
  },
});
afterAll(() => server.stop(true));

const base = `http://127.0.0.1:${server.port}`;
const client = createHttpClient({ name: "loki", url: `${base}/`, token: "s3cr3t-token", tenant: "acme" });

async function failure(
  path: string,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<PluginError> {
  const error = await client
    .send({ path, ...options })
    .then((answer) => answer.json())
    .catch((thrown: unknown) => thrown);
  if (error instanceof PluginError) return error;
  throw new Error(`${path} gave ${String(error)}, not a PluginError`);
}

test("an answer is checked against its schema, and the first wrong field is named", async () => {
  const good = v.object({ data: v.array(v.number()) });
  expect(await client.json(good, { path: "/ok" })).toEqual({ data: [1] });
  const bad = v.object({ data: v.array(v.string()) });
  await expect(client.json(bad, { path: "/ok" })).rejects.toThrow("field data.0 is not as expected");
});

test("credentials, tenant, query and form reach the server", async () => {
  const answer = await client.send({
    method: "POST",
    path: "/echo",
    query: { start: 5n, "match[]": ["a", "b"], none: undefined },
    form: { q: "{a=1}" },
  });
  const seen = v.parse(
    v.object({ headers: v.record(v.string(), v.string()), body: v.string(), url: v.string() }),
    await answer.json(),
  );
  expect(seen.headers).toMatchObject({ authorization: "Bearer s3cr3t-token", "x-scope-orgid": "acme" });
  expect(seen.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(seen.body).toBe("q=%7Ba%3D1%7D");
  expect(new URL(seen.url).search).toBe("?start=5&match%5B%5D=a&match%5B%5D=b");
});

test.each([
  [400, "invalid"],
  [401, "refused"],
  [403, "refused"],
  [404, "not-found"],
  [413, "too-large"],
  [422, "invalid"],
  [429, "temporary"],
  [500, "temporary"],
  [501, "refused"],
  [502, "temporary"],
  [503, "temporary"],
  [504, "temporary"],
] as const)("status %d is classified as %s", async (status, kind) => {
  const error = await failure(`/status/${status}`);
  expect(error.kind).toBe(kind);
  expect(error.message).toBe(`loki at ${base}: GET /status/${status} answered ${status}: said so`);
});

test("answers that are no JSON say what they are", async () => {
  const page = await failure("/page");
  expect([page.kind, page.message]).toEqual([
    "invalid",
    `loki at ${base}: GET /page answered 200 with a web page instead of JSON`,
  ]);
  expect((await failure("/half")).message).toEndWith("15 characters that are not whole JSON");
  expect((await failure("/empty")).message).toEndWith("an empty body instead of JSON");
});

test("Retry-After is read, a redirect is not followed, a cut body is temporary", async () => {
  expect((await failure("/busy")).retryAfterMs).toBe(2000);
  expect((await failure("/moved")).hint).toContain("http://elsewhere.example/login");
  expect((await failure("/cut")).kind).toBe("temporary");
});

test("no secret stands in a message", async () => {
  const { message } = await failure("/secret");
  expect(message).toContain("bad token *** for http://***@host/");
  const inUrl = createHttpClient({ name: "loki", url: `http://ada:hunter22@127.0.0.1:${server.port}` });
  expect(inUrl.url).toBe(base);
});

test("a redirect is named without its credentials, query and fragment", async () => {
  expect((await failure("/login")).hint).toStartWith("It redirects to https://sso.example/***; set");
  expect((await failure("/near")).hint).toStartWith("It redirects to /sign-in; set");
});

test("a secret is blotted out in every form that a message may repeat it in", () => {
  const secret = 'pa"ss\\wörd\n1';
  const redact = redactor([secret, "abc"]);
  const forms = [secret, encodeURIComponent(secret), JSON.stringify({ password: secret })];
  expect(forms.map(redact)).toEqual(["***", "***", '{"password":"***"}']);
  expect(redact(`basic: ${Buffer.from(secret).toString("base64")}`)).toBe("basic: ***");
  expect(redact("the abc of it")).toBe("the abc of it");
});

test("a call that hangs is ended by the time limit, by the caller's signal with the caller's reason", async () => {
  const late = await failure("/hang", { timeoutMs: 50 });
  expect([late.kind, late.timedOut]).toEqual(["temporary", true]);
  const reason = new Error("user pressed Ctrl-C");
  await expect(client.send({ path: "/hang", signal: AbortSignal.timeout(50) })).rejects.toThrow();
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  await expect(client.send({ path: "/hang", signal: controller.signal })).rejects.toBe(reason);
});

test("nothing listening is said as such", async () => {
  const closed = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const url = `http://127.0.0.1:${closed.port}`;
  await closed.stop(true);
  const error = await createHttpClient({ name: "tempo", url })
    .send({ path: "/ready" })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: "temporary",
    message: `tempo at ${url}: GET /ready got no answer (nothing listens there)`,
  });
});

test("a host that was not declared is refused", async () => {
  const bound = createHttpClient({ name: "acme/x", url: base, hosts: [`127.0.0.1:${server.port}`] });
  expect((await bound.send({ path: "/ok" })).status).toBe(200);
  await expect(bound.at("http://evil.example").send({ path: "/" })).rejects.toThrow(
    "which it did not declare",
  );
});

test("a body is read piece by piece", async () => {
  const { body } = await client.send({ path: "/ok" });
  let length = 0;
  for await (const piece of body) length += piece.length;
  expect(length).toBe(31);
});

test("a compressed answer is unpacked, and one that was cut is temporary", async () => {
  const text = async (path: string) => (await client.send({ path })).text();
  expect((await text("/zipped")).length).toBe(100_011);
  expect(await text("/zipped-empty")).toBe("");
  expect((await failure("/zipped-cut")).kind).toBe("temporary");
});

test("an encoding that the call asks for itself is its own to unpack; another is no answer", async () => {
  const own = await client.send({ path: "/own", headers: { "accept-encoding": "snappy" } });
  expect(await own.text()).toBe("as it is");
  const error = await failure("/brotli");
  expect([error.kind, error.message]).toEqual([
    "refused",
    `loki at ${base}: GET /brotli answered in the encoding br, which was not asked for`,
  ]);
});

test("an answer that is larger than the call takes is too large, unpacked or not; at the bound it is whole", async () => {
  const read = (path: string, maxBytes: number) =>
    client.send({ path, maxBytes }).then((answer) => answer.bytes());
  expect((await read("/large", 100_000)).length).toBe(100_000);
  for (const path of ["/large", "/zipped"])
    await expect(read(path, 99_999)).rejects.toMatchObject({
      kind: "too-large",
      message: `loki at ${base}: GET ${path} answered with more than 99999 bytes, the most that is taken`,
    });
});

test("an error's body is read only as far as it is shown", async () => {
  const error = await failure("/endless-error");
  expect([error.kind, error.status]).toEqual(["temporary", 500]);
  expect(error.message).toStartWith(`loki at ${base}: GET /endless-error answered 500: no no no`);
});

test("an answer whose body is not read does not keep the program from ending", async () => {
  const script = `
    import { createHttpClient } from ${JSON.stringify(import.meta.resolve("../../src/http/client.ts"))};
    const client = createHttpClient({ name: "loki", url: ${JSON.stringify(base)} });
    const { status } = await client.send({ path: "/ok" });
    console.log(status);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], {
    stdout: "pipe",
    stderr: "inherit",
    timeout: 5_000,
  });
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toBe("200\n");
});

test.each(["s3://bucket", "file:///etc/passwd", "data:text/plain,x", " S3://bucket"])(
  "%s is no server, whoever asks for it",
  async (url) => {
    const { protocol } = new URL(url);
    await expect(client.at(url).send({ path: "" })).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(`wanted to talk to ${protocol}//`),
    });
  },
);

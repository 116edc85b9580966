/** Which proxy we name is the one that the runtime uses. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { askThisMachineDirectly, proxyFor } from "../../src/http/proxy.ts";

const NAMES = [
  "HTTP_PROXY",
  "http_proxy",
  "HTTPS_PROXY",
  "https_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
];
const before = NAMES.map((name) => [name, process.env[name]] as const);
afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const answering = (text: string, hostname: string) =>
  Bun.serve({ port: 0, hostname, fetch: () => new Response(text) });
const proxy = answering("proxy", "127.0.0.1");
const four = answering("direct", "0.0.0.0");
const six = answering("direct", "::1");
afterAll(() => Promise.all([proxy, four, six].map((server) => server.stop(true))));

const PROXY = `http://127.0.0.1:${proxy.port}`;
const V4 = `http://127.0.0.1:${four.port}/`;
const V6 = `http://[::1]:${six.port}/`;
const NOWHERE = "http://shop.invalid/";

/** Whether the runtime went through the proxy: a name that nobody has is an error without it. */
const isProxied = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (answer) => (await answer.text()) === "proxy",
    () => false,
  );

test.each<[string, string, string]>([
  ["nothing", "", V4],
  ["nothing, IPv6", "", V6],
  ["the host", "127.0.0.1", V4],
  ["its port", `127.0.0.1:${four.port}`, V4],
  ["another port", "127.0.0.1:1", V4],
  ["a network", "127.0.0.0/8", V4],
  ["another network", "10.0.0.0/8", V4],
  ["IPv6", "::1", V6],
  ["IPv6 in brackets", "[::1]", V6],
  ["everything", "*", V4],
  ["everything, in a list", "x,*", NOWHERE],
  ["a list with blanks", "a, 127.0.0.1 ,b", V4],
  ["another name for it", "localhost", V4],
  ["a domain", "invalid", NOWHERE],
  ["a domain with a dot", ".invalid", NOWHERE],
  ["a domain with a star", "*.invalid", NOWHERE],
  ["the host itself with a dot", ".shop.invalid", NOWHERE],
  ["capitals", "SHOP.INVALID", NOWHERE],
  ["an end of a word", "nvalid", NOWHERE],
])("NO_PROXY with %s", async (_name, exceptions, url) => {
  process.env.HTTP_PROXY = PROXY;
  process.env.NO_PROXY = exceptions;
  expect(proxyFor(url) !== undefined).toBe(await isProxied(url));
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["http_proxy over HTTP_PROXY", { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: PROXY }],
  ["ALL_PROXY", { ALL_PROXY: PROXY }],
  ["no scheme", { HTTP_PROXY: PROXY.slice("http://".length) }],
])("%s", async (_name, env) => {
  Object.assign(process.env, env);
  expect(proxyFor(NOWHERE)).toBe(PROXY);
  expect(await isProxied(NOWHERE)).toBe(true);
});

test("it is named without credentials, and each scheme has its own", () => {
  const env = { HTTP_PROXY: "http://ada:hunter22@proxy:3128/", HTTPS_PROXY: "http://other:1" };
  expect(proxyFor("http://loki:3100", env)).toBe("http://proxy:3128");
  expect(proxyFor("https://loki:3100", env)).toBe("http://other:1");
  expect(proxyFor("http://loki:3100", {})).toBeUndefined();
});

test("this machine is asked directly, and what the user excepted still is", async () => {
  process.env.HTTP_PROXY = PROXY;
  process.env.NO_PROXY = ".invalid";
  askThisMachineDirectly(process.env);
  for (const url of [V4, V6, `http://localhost:${four.port}/`, `http://127.0.0.2:${four.port}/`, NOWHERE]) {
    expect(proxyFor(url)).toBeUndefined();
    expect(await isProxied(url)).toBe(false);
  }
  expect(await isProxied("http://shop.example/")).toBe(true);
});

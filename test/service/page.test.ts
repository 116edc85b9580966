/** The page as files over HTTP: what each address answers, how long it may be kept, and how large it is. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { PAGE_PATHS } from "../../src/service/page/paths.ts";
import { quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const service = await startService(quietProject());
afterAll(() => service.stop());

/** As somebody whom nobody knows. */
const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(`${service.url}${path}`, { method, headers });

const shell = await (await get("/")).text();
const named = [...shell.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);

/** Every file that the page loads, at once or later: those that it names, and those that these name. */
async function allFiles(): Promise<Map<string, Response>> {
  const found = new Map<string, Response>();
  const waiting = [...named];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const response = await get(path);
    const text = await response.text();
    found.set(path, new Response(text, response));
    waiting.push(
      ...[...text.matchAll(/"\.\/([\w.-]+\.(?:js|css|svg))"/g)].map(([, name]) => `/assets/${name}`),
    );
  }
  return found;
}

test("every address of a view answers the same shell, to everybody", async () => {
  for (const path of PAGE_PATHS) {
    const response = await get(path.replaceAll(/:\w+/g, "a%2Fb"));
    expect([path, response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      path,
      200,
      "text/html; charset=utf-8",
      shell,
    ]);
  }
  expect(named.length).toBe(4);
});

test("nothing may run or be loaded but what comes from here, and nothing that is written into the page", async () => {
  for (const path of ["/", ...named]) {
    const policy = (await get(path)).headers.get("content-security-policy") ?? "";
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  }
  expect(shell).not.toMatch(/\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)/);
});

test("files of the page are kept for ever, since their names change with them; the shell is asked for each time", async () => {
  const files = await allFiles();
  expect(files.size).toBeGreaterThan(8);
  for (const [path, response] of files)
    expect([path, response.status, response.headers.get("cache-control")]).toEqual([
      path,
      200,
      "public, max-age=31536000, immutable",
    ]);
  expect((await get("/")).headers.get("cache-control")).toBe("no-cache");
});

test("what a browser has already is not sent again", async () => {
  for (const path of ["/", ...named]) {
    const tag = (await get(path)).headers.get("etag") ?? "";
    const again = await get(path, { "If-None-Match": tag });
    expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
    expect((await get(path, { "If-None-Match": '"other"' })).status).toBe(200);
  }
});

test("files are sent compressed to whoever takes that, and are the same", async () => {
  for (const path of named) {
    const plain = await get(path, { "Accept-Encoding": "identity" });
    const packed = await get(path, { "Accept-Encoding": "gzip" });
    expect([plain.headers.get("content-encoding"), packed.headers.get("content-encoding")]).toEqual([
      null,
      "gzip",
    ]);
    expect(await packed.text()).toBe(await plain.text());
    expect(packed.headers.get("vary")).toBe("Accept-Encoding");
  }
});

test("the head of a file is answered, other methods and unknown files are not", async () => {
  const head = await get("/", {}, "HEAD");
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect((await get("/", {}, "POST")).status).toBe(405);
  expect((await get("/assets/main-00000000.js")).status).toBe(404);
  expect((await get("/assets/..%2f..%2fetc%2fpasswd")).status).toBe(404);
  expect((await get("/nothing-of-this-name")).status).toBe(404);
});

/** What all of the page may take on its way, compressed, every view with its library for curves included, and what is there before the first view. bytes */
const BUDGET = 90_000;
const FIRST_BUDGET = 30_000;

test("the page is small", async () => {
  const sizeOf = async (response: Response): Promise<number> =>
    Bun.gzipSync(await response.clone().arrayBuffer(), { level: 9 }).length;
  const files = await allFiles();
  const sizes = await Promise.all(
    [...files].map(async ([path, file]) => ({ path, size: await sizeOf(file) })),
  );
  const all = sizes.reduce((sum, { size }) => sum + size, 0);
  const first = sizes.filter(({ path }) => named.includes(path)).reduce((sum, { size }) => sum + size, 0);
  expect({ all, isSmall: all < BUDGET }).toEqual({ all, isSmall: true });
  expect({ first, isSmall: first < FIRST_BUDGET }).toEqual({ first, isSmall: true });
});

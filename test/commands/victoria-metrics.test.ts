/** A VictoriaMetrics where a Mimir is expected: recognised, and said to be unsupported. Its answers are those of 1.79.5 and of master. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { INVENTORY } from "../../src/results/inventory.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";

setDefaultTimeout(60_000);

const QUERIES =
  '{"topN":"20","maxLifetime":"10m0s","search.queryStats.lastQueriesCount":20000,"search.queryStats.minQueryDuration":"1ms","topByCount":[],"topByAvgDuration":[],"topBySumDuration":[]}';

/** @param root where its Prometheus API lies, besides `/prometheus` below that */
function answer({ url }: Request, root: string, build: string): Response {
  const { pathname } = new URL(url);
  const path = pathname.startsWith(root) ? pathname.slice(root.length).replace(/^\/prometheus/, "") : "";
  const headers = { "content-type": "application/json" };
  if (path === "/api/v1/status/buildinfo") return new Response(build, { headers });
  if (path === "/api/v1/status/top_queries") return new Response(QUERIES, { headers });
  if (path === "/api/v1/labels") return new Response('{"status":"success","data":[]}', { headers });
  const said = `remoteAddr: "127.0.0.1:40636"; requestURI: ${pathname}; unsupported path requested: "${pathname}"`;
  return new Response(said, { status: 400 });
}

const OLD = '{"status":"success","data":{}}';
const NEW = '{"status":"success","data":{"version":"2.24.0"}}';

test.each([
  ["1.79, one node", "", "", OLD],
  ["the newest, one node", "", "", NEW],
  ["with the path of its API in the URL", "", "/prometheus", NEW],
  ["a cluster", "/select/0", "/select/0", NEW],
  ["a cluster, with the path of its API", "/select/0", "/select/0/prometheus", NEW],
])("VictoriaMetrics, %s", async (_name, root, path, build) => {
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => answer(request, root, build),
  });
  const url = `http://127.0.0.1:${server.port}${path}`;
  const others = ["tempo", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n  mimir: { url: "${url}" }\n${others}`,
  });
  const { stdout, exitCode } = await run(["inventory", "--json"], { cwd });
  const [found] = parsedAs(INVENTORY, stdout).backends;
  expect({ exitCode, state: found?.state }).toEqual({ exitCode: 3, state: "unexpected" });
  expect(found?.reason).toBe(`mimir: ${url} is a VictoriaMetrics, which is not supported`);
  const shown = await run(["inventory"], { cwd });
  expect(shown.stdout + shown.stderr).toContain("It has no remote read");
  expect(shown.stdout + shown.stderr).not.toMatch(/proxy|login page/);
  const saved = await run(["export", "-t", "1h"], { cwd });
  expect(saved.exitCode).toBe(1);
  expect(saved.stderr).toContain("is a VictoriaMetrics, which is not supported");
});

test("another server of the Prometheus API that does not say what it was built with is not taken for one", async () => {
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const { pathname } = new URL(url);
      if (!/buildinfo|top_queries/.test(pathname)) return new Response("no", { status: 404 });
      return Response.json({ status: "success", data: { version: "1" } });
    },
  });
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n  mimir: { url: "http://127.0.0.1:${server.port}" }\n`,
  });
  const { stdout } = await run(["inventory", "--plugin", "mimir", "--json"], { cwd });
  expect(stdout).not.toContain("VictoriaMetrics");
});

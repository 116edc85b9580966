/** `-v`: a line for each request, and no secret in any of them. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

const LINE = /^(\S+) {2}([A-Z]+) (\S+:\d+) (\/\S*) {2}(\d{3}) {2}([\d.]+ k?M?B) {2}\d+ ms$/;

/** What each server was asked, by the program's own word. */
const linesOf = (stderr: string): string[] => stderr.split("\n").filter((line) => LINE.test(line));

test("method, host, path, status, bytes and time of every request; stdout is as without it", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"] });
  const { stdout, stderr, exitCode } = await run(["inventory", "-v"], { cwd });
  expect(exitCode).toBe(0);
  const lines = linesOf(stderr);
  expect(lines.length).toBeGreaterThan(10);
  const { host } = new URL(lab.urls.loki);
  expect(lines.some((line) => line.startsWith(`loki  GET ${host} /loki/api/v1/labels  200  `))).toBe(true);
  expect(
    stderr.split("\n").filter((line) => line !== "" && !LINE.test(line) && !line.startsWith("warning: ")),
  ).toEqual([]);
  expect((await run(["inventory"], { cwd })).stdout).toBe(stdout);
});

test("as many lines as a server got requests, also where it refuses, is silent or its answer is not read", async () => {
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      if (pathname === "/config") return new Response("no", { status: 403 });
      if (pathname === "/flush") return new Response("a body that nobody reads");
      return new Response("{", { status: 500 });
    },
  });
  const cwd = labProject(lab, { only: ["loki"], urls: { loki: `http://127.0.0.1:${server.port}` } });
  const { stderr } = await run(["export", "-t", "1h", "--verbose"], { cwd });
  await server.stop(true);
  const told = linesOf(stderr).map((line) => LINE.exec(line)?.slice(2, 5) ?? []);
  expect(told.map(([method, , path]) => `${method} ${path}`).sort()).toEqual(asked.sort());
  expect(linesOf(stderr).find((line) => line.includes("/flush"))).toContain("  200  24 B  ");
  const silent = await run(["inventory", "-v"], {
    cwd: labProject(lab, { only: ["loki"], urls: { loki: "http://127.0.0.1:1" } }),
  });
  expect(silent.stderr).toMatch(/^loki {2}GET 127\.0\.0\.1:1 \/\S+ {2}no answer {2}\d+ ms$/m);
});

test("no secret is in a line: not of the URL, not of a header, not of a query", async () => {
  const SECRETS = ["hunter22", "t0ken-value", "path-secret", "query-secret"];
  const url = lab.urls.grafana.replace("http://", "http://ada:hunter22@");
  const off = ["tempo", "mimir", "loki"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: x\nbackends:\n${off}  grafana: { url: "${url}", token: t0ken-value }\nsinks:\n  webhook: { url: "http://127.0.0.1:1/path-secret?key=query-secret" }\n`,
  });
  await run(["config", "trust", "--yes"], { cwd });
  const { stdout, stderr } = await run(["export", "-v"], { cwd });
  expect(stderr).toContain("grafana  GET ");
  for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
});

test("what a destroy asks afterwards is told, too, and what doctor asks of clocks", async () => {
  const cwd = labProject(lab, { only: ["loki"], command: ["true"] });
  const { stderr } = await run(["destroy", "--option", "3", "--confirm", "shop", "-v"], { cwd });
  const after = stderr.slice(stderr.indexOf("$ true"));
  expect(linesOf(after).length).toBeGreaterThan(0);
  expect((await run(["doctor", "-v"], { cwd })).stderr).toMatch(/^loki {2}GET \S+ \/ {2}/m);
});

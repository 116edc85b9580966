/** `-v`: a line for each request and each wait, and no secret in any of them. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { createLoki } from "../lab/loki/index.ts";
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

/** What was waited for, by the program's own word. */
const waitsIn = (stderr: string): string[] => stderr.split("\n").filter((line) => / {2}waits /.test(line));

test("a wait says of whom, how long and for what: a second count, another attempt, a server that has too much to do", async () => {
  const cwd = labProject(lab, { only: ["loki", "mimir"] });
  const args = ["export", "-v", "--set", "export.recount=3s"];
  const counted = await run(args, { cwd });
  expect(counted.exitCode).toBe(0);
  expect(waitsIn(counted.stderr)).toContainEqual(
    expect.stringMatching(/^loki {2}waits [\d.]+ m?s before it counts once more what may still be arriving/),
  );
  lab.faults.loki.add({ kind: "status", status: 500, path: "/labels", times: 1 });
  lab.faults.mimir.add({ kind: "status", status: 429, retryAfter: 1, path: "/api/v1/read", times: 1 });
  const { stderr, exitCode } = await run(args, { cwd });
  expect(exitCode).toBe(0);
  const waits = waitsIn(stderr).join("\n");
  expect(waits).toMatch(/^loki {2}waits \d+ ms before it asks again: loki at \S+: GET \S+ answered 500/m);
  expect(waits).toMatch(
    /^mimir {2}waits 1\.\d s before it asks again, one call at a time: mimir at \S+: POST \S+ answered 429/m,
  );
  expect(
    (
      await run(
        args.filter((one) => one !== "-v"),
        { cwd },
      )
    ).stderr,
  ).not.toContain("waits");
});

test("a restore says that it waits for what it has written", async () => {
  const cwd = labProject(lab, { only: ["loki"] });
  await run(["export", "-t", "2h"], { cwd });
  const slow = createLoki({ now: () => BigInt(Date.now()) * 1_000_000n, visibilityDelay: 1_500_000_000n });
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => slow.handle(request) });
  const to = ["--set", `backends.loki.url=http://127.0.0.1:${server.port}`];
  const { stderr, exitCode } = await run(["restore", "latest", "--yes", "-v", ...to], { cwd });
  await server.stop(true);
  expect([exitCode, stderr]).toEqual([
    0,
    expect.stringContaining("loki  waits 1.0 s for what was written to show"),
  ]);
});

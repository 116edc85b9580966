/** A proxy of the environment: not for this machine, and named where something goes wrong behind it. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
const seen: string[] = [];
const proxy = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    seen.push(request.url);
    return new Response("behind here is nobody", { status: 502 });
  },
});
afterAll(() => Promise.all([lab.stop(), proxy.stop(true)]));

const PROXY = `http://ada:hunter22@127.0.0.1:${proxy.port}`;

test("this machine is asked directly, by every command", async () => {
  const cwd = labProject(lab, { command: ["sh", "-c", "echo $NO_PROXY,$no_proxy,$HTTP_PROXY > destroyed"] });
  const env = { HTTP_PROXY: PROXY };
  for (const words of [
    ["inventory"],
    ["export"],
    ["doctor"],
    ["destroy", "--option", "3", "--confirm", "shop"],
  ]) {
    const { stderr } = await run(words, { cwd, env });
    expect(stderr).not.toContain("through the proxy");
  }
  expect(seen).toEqual([]);
  // The command is told of the environment as it is.
  expect(existsSync(join(cwd, "destroyed"))).toBe(true);
  expect(readFileSync(join(cwd, "destroyed"), "utf8")).toBe(`,,${PROXY}\n`);
});

const off = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const remote = () =>
  temporaryDirectory({
    "contextcore.yaml": `name: x\nbackends:\n${off}  loki: { url: "http://loki.invalid:3100" }\n`,
  });
const trusted = async (cwd: string): Promise<string> => {
  expect((await run(["config", "trust", "--yes"], { cwd })).exitCode).toBe(0);
  return cwd;
};

test("what a proxy answers is told with its name, and without its password", async () => {
  const { stdout, stderr } = await run(["inventory", "--timeout", "5s"], {
    cwd: await trusted(remote()),
    env: { HTTP_PROXY: PROXY },
  });
  expect(stderr).toContain(
    `loki at http://loki.invalid:3100 through the proxy http://127.0.0.1:${proxy.port}: GET`,
  );
  expect(stderr).toContain("Does the proxy run, and does it reach the server?");
  expect(stdout + stderr).not.toContain("hunter22");
});

test("a proxy that is not there is named, and a sort that is none is told", async () => {
  const cwd = await trusted(remote());
  const told = async (HTTP_PROXY: string) =>
    (await run(["inventory", "--timeout", "5s"], { cwd, env: { HTTP_PROXY } })).stderr;
  expect(await told("http://127.0.0.1:1")).toMatch(
    /through the proxy http:\/\/127\.0\.0\.1:1: .* got no answer \(nothing listens there\)/,
  );
  expect(await told("socks5://127.0.0.1:1")).toContain("a proxy is http:// or https://");
  const direct = await run(["inventory", "--timeout", "5s"], {
    cwd,
    env: { HTTP_PROXY: PROXY, NO_PROXY: ".invalid" },
  });
  expect(direct.stderr).toContain("got no answer (no such host)");
  expect(direct.stderr).not.toContain("proxy");
});

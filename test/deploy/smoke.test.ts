/** scripts/smoke.sh against the real service, and against what is none. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { needPrograms } from "../support/programs.ts";
import { quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);
needPrograms("curl");

const SMOKE = resolve(import.meta.dir, "../../scripts/smoke.sh");

async function smoke(url: string, env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn([SMOKE, url], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { lines: stdout.trimEnd().split("\n"), stderr, exitCode };
}

test("all is well with a service, and its token is told to nobody", async () => {
  const service = await startService(quietProject());
  const { lines, stderr, exitCode } = await smoke(service.url, { TOKEN: service.admin });
  expect({ faults: lines.filter((line) => !line.startsWith("ok ")), stderr, exitCode }).toEqual({
    faults: [],
    stderr: "",
    exitCode: 0,
  });
  expect(lines.length).toBe(9);
  expect(lines.join("\n")).not.toContain(service.admin);
  const without = await smoke(`${service.url}/`);
  expect([without.exitCode, without.lines.filter((line) => line.startsWith("skip"))]).toEqual([
    0,
    ["skip no TOKEN: what needs one was not asked"],
  ]);
  const wrong = await smoke(service.url, { TOKEN: "cct_other" });
  expect([wrong.exitCode, wrong.lines.find((line) => line.startsWith("FAIL"))]).toEqual([
    1,
    "FAIL the token is known: /api/v1/session answered 401, not 200",
  ]);
  expect(await service.stop()).toBe(0);
});

test("it fails where nothing answers, and where something else does that lets everybody in", async () => {
  const dead = await smoke("http://127.0.0.1:1");
  expect([dead.exitCode, dead.lines[0]]).toEqual([1, "FAIL it runs: /api/health answered 000, not 200"]);
  using open = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("welcome") });
  const lax = await smoke(`http://127.0.0.1:${open.port}`);
  expect([lax.exitCode, lax.lines.at(-1)]).toEqual([1, "FAIL 4 of the checks"]);
});

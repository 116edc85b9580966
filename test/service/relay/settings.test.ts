/** Where the relay does not start: settings that are wrong, or not safe. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../support/binary.ts";
import { agreed } from "../../support/project.ts";
import { QUIET_PROJECT, quietProject } from "../../support/service.ts";

setDefaultTimeout(60_000);

test("beyond this machine the relay alone may be plain for private networks, which are agreed to", async () => {
  const listening = (more: string) => quietProject(`activity:\n  listen: 0.0.0.0:0\n${more}`);
  const open = listening("");
  const refusal = await run(["serve", "--only", "relay"], { cwd: agreed(open) });
  expect([refusal.exitCode, refusal.stderr]).toEqual([4, expect.stringContaining("activity.networks")]);
  const everywhere = await run(["serve", "--only", "relay"], {
    cwd: agreed(listening("  networks: [0.0.0.0/0]\n")),
  });
  expect([everywhere.exitCode, everywhere.stderr]).toEqual([
    2,
    expect.stringContaining("not a private network"),
  ]);
  const unasked = await run(["serve", "--only", "relay"], { cwd: listening("  networks: [10.0.0.0/8]\n") });
  expect([unasked.exitCode, unasked.stderr]).toEqual([4, expect.stringContaining("activity.networks")]);
});

test("in production no key is sent unencrypted over networks of others", async () => {
  const at = (name: string, host: string) => `    ${name}: { url: "http://${host}:1", api: openai }\n`;
  const inside = at("a", "ollama") + at("b", "10.0.0.1") + at("c", "127.0.0.1") + at("d", "vllm.internal");
  const cwd = quietProject(
    `activity:\n  upstreams:\n${inside}${at("e", "203.0.113.9")}${at("f", "api.example.com")}`,
  );
  chmodSync(cwd, 0o700);
  chmodSync(join(cwd, "contextcore.yaml"), 0o600);
  const { exitCode, stderr } = await run(["serve", "--only", "relay"], {
    cwd: agreed(cwd),
    env: { ENVIRONMENT: "production" },
  });
  expect(exitCode).toBe(4);
  expect([...stderr.matchAll(/activity\.upstreams\.(\w+)/g)].map(([, name]) => name)).toEqual(["e", "f"]);
});

test.each([
  ["{ url: ftp://a }", "not an address"],
  ["{ url: https://u:p@a.example, api: openai }", "not an address"],
  ["{ api: openai }", "where the server is"],
  ["{ url: https://a.example }", "openai or anthropic"],
  ["{ url: https://a.example, api: other }", "anthropic"],
])("an upstream as %s is no upstream", async (written, what) => {
  const cwd = quietProject();
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `${QUIET_PROJECT}activity:\n  upstreams:\n    mine: ${written}\n`,
  );
  const { exitCode, stderr } = await run(["serve", "--only", "relay"], { cwd });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(what)]);
});

/** `destroy.allow` and `destroy.deny` as a user meets them: in `destroy`, `config check`, `config show` and `doctor`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const NO_BACKENDS = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);

/** A project without servers, which its user has agreed to; its command has a part that a rule refuses, and does no harm. */
const project = (lists: string): string => agreed(written(lists));

const written = (lists: string): string =>
  temporaryDirectory({
    "contextcore.yaml": `name: shop
backends:
${NO_BACKENDS.join("")}destroy:
  command: [sh, -c, "cat /dev/null | sh; touch destroyed"]
${lists}`,
  });

const destroy = async (cwd: string, env: Readonly<Record<string, string>> = {}) => {
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd, env });
  return { stderr, exitCode, gone: existsSync(join(cwd, "destroyed")) };
};

test("what the refusal says to write permits the command", async () => {
  const refused = await destroy(project(""));
  expect(refused).toMatchObject({ exitCode: 4, gone: false });
  expect(refused.stderr).toContain("may not run (run-unseen): `| sh`: ");
  const [, allow = ""] =
    refused.stderr.replace(/\s+/g, " ").match(/destroy\.(allow: \[.*?\]) permits it/) ?? [];
  expect(await destroy(project(`  ${allow}\n`))).toMatchObject({ exitCode: 0, gone: true });
  expect(await destroy(project(""), { CONTEXTCORE_DESTROY_ALLOW: "| sh" })).toMatchObject({ gone: true });
});

test("a denied command is refused, recorded, and found by config check and doctor beforehand", async () => {
  const cwd = project(`  allow: ["| sh"]\n  deny: [touch]\n`);
  const said =
    "the destroy command may not run (destroy.deny): `touch destroyed`: the configuration forbids `touch`";
  const refused = await destroy(cwd);
  expect(refused).toMatchObject({ exitCode: 4, gone: false });
  expect(refused.stderr.replace(/\s+/g, " ")).toContain(said);
  const [event] = eventsIn((await run(["audit", "--json", "-n", "1"], { cwd })).stdout);
  expect(event).toMatchObject({
    outcome: "refused",
    details: { rule: "destroy.deny", part: "touch destroyed" },
  });
  const checked = await run(["config", "check"], { cwd });
  expect([checked.exitCode, checked.stdout.split(" (destroy.command")[0]]).toEqual([
    2,
    expect.stringContaining(`contextcore.yaml:8: destroy.command: ${said}`),
  ]);
  expect((await run(["doctor", "--timeout", "1s"], { cwd })).stdout.replace(/\s+/g, " ")).toContain(said);
});

test("config show has both lists, and an empty pattern is a mistake", async () => {
  const cwd = written(`  allow: ["| sh"]\n`);
  const { settings } = JSON.parse((await run(["config", "show", "--json"], { cwd })).stdout);
  expect(settings).toContainEqual({ key: "destroy.allow", value: ["| sh"], where: "contextcore.yaml:9" });
  expect(settings).toContainEqual({ key: "destroy.deny", value: [], where: "default" });
  const { stdout, exitCode } = await run(["config", "check"], { cwd: written(`  deny: [kubectl, " "]\n`) });
  expect([exitCode, stdout]).toEqual([2, "contextcore.yaml:9: destroy.deny.1: empty: name a command\n"]);
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
/** Commands of the runbook are bounded, and what they know is not shown. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { afterLoss, machine } from "./machine.ts";

setDefaultTimeout(120_000);

test("a command that takes longer than it may is ended with its children, and a secret that it prints is not shown", async () => {
  const { place, key } = await afterLoss();
  const slow = "{ run: [sh, -c, 'echo $MY_TOKEN; (sleep 600; echo woke) & sleep 600'], timeout: 1s }";
  const { cwd } = machine({ place });
  const named = "run: [sh, -c, exit 0, '${MY_TOKEN}']";
  appendFileSync(
    join(cwd, "contextcore.yaml"),
    `recovery:\n  steps: [{ ${named} }, ${slow}, { restore: "*" }]\n`,
  );
  const env = { ...cleanEnv(cwd), MY_TOKEN: "swordfish-and-chips", KEY: key, PROGRAM: binary };
  const script = `for command in "config trust --yes" "config show" "recover --from offsite --yes --key $KEY" "audit --json"; do
    "$PROGRAM" $command; echo "exit code $?"; done`;
  const child = Bun.spawn(["sh", "-c", script], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  expect([...said.matchAll(/exit code (\d)/g)].map(([, code]) => code)).toEqual(["0", "0", "1", "0"]);
  expect(said).toContain("it took longer than 1s and was ended");
  expect(said).toContain("| ***");
  expect(said).toContain("sh -c 'exit 0' '${MY_TOKEN}'");
  expect(said).not.toContain("swordfish");
});

test("an allowlist holds for the runbook, too: what it does not name is refused, and nothing was done", async () => {
  const { place, key } = await afterLoss();
  const more = "destroy: { policy: allowlist, allow: [make down] }\n";
  const { cwd } = machine({ place, steps: ["run: [touch, made]", 'restore: "*"'], more });
  const recover = ["recover", "--from", "offsite", "--yes", "--key", key];
  const refused = await run(recover, { cwd });
  expect([refused.exitCode, refused.stderr]).toEqual([
    4,
    expect.stringContaining("the command of the runbook may not run (destroy.policy): `touch made`"),
  ]);
  expect(existsSync(join(cwd, "made"))).toBe(false);
  const allowed = await run([...recover, "--set", 'destroy.allow=["touch made"]'], { cwd });
  expect([allowed.stderr, existsSync(join(cwd, "made"))]).toEqual([expect.any(String), true]);
});

/** The lock's file is removed under those who write, as by who takes it for litter: the chain stays one. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(180_000); // two cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const WRITERS = 5;
const ROUNDS = 8;

test("by commands of one user, and one of them killed", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}` });
  const env = cleanEnv(cwd);
  const append = ["audit", "export", "--all", "-o", "out.jsonl"];
  const destroyed = await run(["destroy", "--option", "3", "--confirm", "shop"], {
    cwd,
    env: { ...env, CONTEXTCORE_DESTROY_COMMAND: "true" },
  });
  expect([destroyed.exitCode, destroyed.stderr]).toEqual([0, expect.anything()]);
  const remover = Bun.spawn(["sh", "-c", "while :; do rm -f .contextcore/audit.lock; sleep 0.002; done"], {
    cwd,
  });
  const writer = async (number: number): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = Bun.spawn([binary, ...append.slice(0, -1), `out-${number}.jsonl`], {
        cwd,
        env,
        stdout: "ignore",
        stderr: "ignore",
      });
      if (number === 0 && round % 2 === 1) setTimeout(() => child.kill("SIGKILL"), 60 + 10 * round);
      await child.exited;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  remover.kill("SIGKILL");
  await remover.exited;
  const lines = readFileSync(join(cwd, ".contextcore/audit.jsonl"), "utf8").trimEnd().split("\n");
  const numbers = lines.map((line) => JSON.parse(line).seq);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(lines.length).toBeGreaterThan((WRITERS - 1) * ROUNDS);
  const verified = await run(["audit", "verify"], { cwd, env });
  expect([verified.exitCode, verified.stderr]).toEqual([0, ""]);
});

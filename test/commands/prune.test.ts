/** What a prune that was killed half-way leaves is ended by the next one. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const LEFT = ".20260124-143000-2.removed";

/** A project whose last prune died after the snapshot had lost its name. */
function killedHalfway(): string {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  for (const name of [LEFT, ".20260125-143000.partial", ".mine.removed"]) {
    mkdirSync(join(cwd, "backups", name, "grafana"), { recursive: true });
    writeFileSync(join(cwd, "backups", name, "grafana", "x.json"), "{}\n");
  }
  return cwd;
}

const prune = (cwd: string, ...args: string[]) =>
  run(["snapshots", "prune", "--keep-last", "3", ...args], { cwd });

test("the files of a half-removed snapshot go with the next prune, and nothing else does", async () => {
  const cwd = killedHalfway();
  const looked = await prune(cwd, "--dry-run");
  expect([looked.exitCode, existsSync(join(cwd, "backups", LEFT))]).toEqual([0, true]);
  expect(looked.stderr).toContain(`${LEFT} is left of a removal that did not end`);
  expect((await run(["audit"], { cwd })).stdout).toBe("");

  expect((await prune(cwd)).exitCode).toBe(0);
  expect(readdirSync(join(cwd, "backups")).sort()).toEqual([".20260125-143000.partial", ".mine.removed"]);
  const [started] = JSON.parse((await run(["audit", "--json"], { cwd })).stdout);
  expect(started).toMatchObject({ operation: "prune", outcome: "started" });
  expect(started.details.leftovers).toEqual([join(cwd, "backups", LEFT)]);

  expect((await prune(cwd)).stderr).not.toContain("removal");
});

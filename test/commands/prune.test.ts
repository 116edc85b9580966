/** What a prune that was killed half-way leaves is ended by the next one. */
import { expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { openSession } from "../support/pseudo-terminal.ts";

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
  expect(looked.stderr).toContain(`${LEFT} remains of an interrupted removal`);
  expect((await run(["audit"], { cwd })).stdout).toBe("");

  expect((await prune(cwd)).exitCode).toBe(0);
  expect(readdirSync(join(cwd, "backups")).sort()).toEqual([".20260125-143000.partial", ".mine.removed"]);
  const [started] = eventsIn((await run(["audit", "--json"], { cwd })).stdout);
  expect(started).toMatchObject({ operation: "prune", outcome: "started" });
  expect(started?.details.leftovers).toEqual([join(cwd, "backups", LEFT)]);

  expect((await prune(cwd)).stderr).not.toContain("removal");
});

test("a snapshot that is another one by the time of the answer is left alone, and named", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  const backups = join(cwd, "backups");
  mkdirSync(backups);
  const oldest = await smallSnapshot(backups);
  const older = await smallSnapshot(backups);
  const newest = await smallSnapshot(backups);
  const session = openSession(["snapshots", "prune", "--keep-last", "1", "--allow-gaps"], { cwd });
  await session.waitFor("Delete 2 snapshots (");
  rmSync(oldest, { recursive: true });
  cpSync(newest, oldest, { recursive: true });
  session.type("y");
  expect(await session.exited).toBe(3);
  expect(session.text()).toContain(`warning: ${oldest} was left alone`);
  expect([oldest, older, newest].map((path) => existsSync(path))).toEqual([true, false, true]);
  const events = eventsIn((await run(["audit", "--json"], { cwd })).stdout);
  expect(events.at(-1)).toMatchObject({ outcome: "partial", details: { changed: [oldest] } });
}, 60_000);

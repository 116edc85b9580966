/** What a recovery takes of a chain: the newest snapshot of then, and the increments up to it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settle } from "../plugins/files/project.ts";
import { fill, inside, json, machine, treeOf } from "./machine.ts";

setDefaultTimeout(120_000);

test("an increment in the middle of a chain, with what it continues and without what came after it", async () => {
  const { cwd } = machine();
  fill(cwd, 1);
  const states: Record<string, string>[] = [];
  const created: string[] = [];
  for (const change of ["", "app/one.conf", "motd"]) {
    if (change !== "") writeFileSync(join(cwd, "etc", change), `changed ${change}\n`);
    await settle();
    const exported = await json(cwd, "export", "--since-last", "--plugin", "etc");
    expect(exported.exitCode, exported.stderr).toBe(0);
    created.push(
      (await json(cwd, "snapshots", "show", exported.printed.snapshot.name)).printed.manifest.created,
    );
    states.push(treeOf(join(cwd, "etc")));
  }
  const found = machine();
  for (const [index, at] of created.entries()) {
    rmSync(join(found.cwd, "etc"), { recursive: true, force: true });
    const args = ["recover", "--from", join(cwd, "backups"), "--backend", "etc", "--at", at, "--yes"];
    const { exitCode, printed, stderr } = await json(found.cwd, ...args);
    expect([exitCode, printed.chains[0].snapshots.length], stderr).toEqual([0, index + 1]);
    expect(treeOf(join(found.cwd, "etc"))).toEqual(states[index] ?? {});
    const [etc] = printed.backends;
    expect([etc.saved, etc.server]).toEqual([etc.saved, etc.saved]);
    expect(etc.saved.files).toBe(3);
  }
  const none = await inside(
    found.cwd,
    "recover",
    "--from",
    join(cwd, "backups"),
    "--backend",
    "etc",
    "--at",
    "2020-01-01",
  );
  expect(none.exitCode).toBe(2);
});

/** Increments of a directory: what has changed, and with what they are put back. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { exported, inside, project, restore, settle } from "./project.ts";
import { contentsOf, makeTree } from "./trees.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

describe("an increment", () => {
  test("holds only what has changed, names its parent, and is restored with it", async () => {
    const { cwd, tree } = project();
    makeTree(tree);
    await settle();
    const whole = await exported(cwd, "--all");
    appendFileSync(join(tree, "etc", "app.conf"), "more = 1\n");
    rmSync(join(tree, "empty"));
    renameSync(join(tree, "etc", "deep"), join(tree, "moved"));
    chmodSync(join(tree, "etc", "run"), 0o700);
    writeFileSync(join(tree, "new"), "new");
    const before = contentsOf(tree);
    const next = await exported(cwd, "--since-last");
    expect([next.exitCode, next.etc.parent, next.etc.counts.files]).toEqual([0, whole.name, 9]);
    expect(next.etc.bytes).toBeLessThan(30_000);
    const third = await exported(cwd, "--since-last");
    expect(third.etc.parent).toBe(next.name);
    rmSync(tree, { recursive: true });
    const restored = await restore(cwd);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(contentsOf(tree)).toEqual(before);
  });

  test("finds a change that keeps size and time, and by content what only looks changed", async () => {
    const { cwd, tree } = project();
    writeFileSync(join(tree, "a"), "one");
    utimesSync(join(tree, "a"), 1_000, 1_000);
    await settle();
    await exported(cwd, "--all");
    writeFileSync(join(tree, "a"), "two");
    utimesSync(join(tree, "a"), 1_000, 1_000);
    await exported(cwd, "--since-last");
    rmSync(join(tree, "a"));
    await restore(cwd);
    expect(readFileSync(join(tree, "a"), "utf8")).toBe("two");
    writeFileSync(join(tree, "large"), Buffer.alloc(2_000_000, "x"));
    await exported(cwd, "--since-last");
    utimesSync(join(tree, "large"), 5, 5);
    const { etc } = await exported(cwd, "--since-last", "--set", "backends.etc.compare=content");
    expect(etc.bytes).toBeLessThan(10_000);
    rmSync(join(tree, "large"));
    expect((await restore(cwd)).exitCode).toBe(0);
    expect([statSync(join(tree, "large")).size, statSync(join(tree, "large")).mtimeMs]).toEqual([
      2_000_000, 5_000,
    ]);
  });

  test("needs its parent: prune keeps it, and a restore without it says what is missing", async () => {
    const { cwd, tree } = project();
    writeFileSync(join(tree, "old"), "old");
    await settle();
    const whole = await exported(cwd, "--all");
    writeFileSync(join(tree, "new"), "new");
    await exported(cwd, "--since-last");
    const pruned = await inside(cwd, "snapshots", "prune", "--keep-last", "1", "--yes");
    expect([pruned.exitCode, existsSync(whole.path)]).toEqual([0, true]);
    rmSync(whole.path, { recursive: true });
    rmSync(tree, { recursive: true });
    const { exitCode, stdout, stderr } = await restore(cwd);
    expect([exitCode, stdout + stderr]).toEqual([3, expect.stringContaining(whole.name)]);
    expect([existsSync(join(tree, "old")), readFileSync(join(tree, "new"), "utf8")]).toEqual([false, "new"]);
  });
});

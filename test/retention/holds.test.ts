/** A hold stops what it is about, and only that: snapshots, copies, runs of models and the trail; once it is ended, what it put off is due. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeHolds, readHolds } from "../../src/retention/holds/file.ts";
import { type Hold, holdsOn } from "../../src/retention/holds/hold.ts";
import { copiesIn, fill, inside, json, machine, OFF } from "../commands/machine.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000);

const DAY = 86_400_000_000_000n;
const hold = (more: Partial<Hold>): Hold => ({
  ...{ name: "case", since: "2026-01-24T14:30:00Z", by: "kim", backends: [] },
  ...more,
});

test("a hold is about its backends, their tenants and its time, and about nothing else", () => {
  const isHeld = (one: Hold, backend: string, range?: { from: bigint; to: bigint }): boolean =>
    holdsOn([one], { backend, range }).length > 0;
  expect(isHeld(hold({}), "loki")).toBe(true);
  expect(isHeld(hold({}), "trail")).toBe(true);
  const loki = hold({ backends: ["loki"], range: { from: DAY, to: 2n * DAY } });
  expect(isHeld(loki, "loki", { from: 0n, to: DAY + 1n })).toBe(true);
  expect(isHeld(loki, "loki@blue", { from: 0n, to: 9n * DAY })).toBe(true);
  expect(isHeld(loki, "loki")).toBe(true);
  expect(isHeld(loki, "loki", { from: 0n, to: DAY })).toBe(false);
  expect(isHeld(loki, "loki", { from: 2n * DAY, to: 3n * DAY })).toBe(false);
  expect(isHeld(loki, "loki-eu", { from: DAY, to: 2n * DAY })).toBe(false);
  expect(isHeld(loki, "trail", { from: DAY, to: 2n * DAY })).toBe(false);
});

test("two that add at once lose none, the file is its owner's alone, and one that cannot be read stops whatever deletes", async () => {
  const directory = temporaryDirectory();
  const names = Array.from({ length: 8 }, (_, n) => `case-${n}`);
  await Promise.all(names.map((name) => changeHolds({ directory }, (holds) => [...holds, hold({ name })])));
  expect(
    readHolds({ directory })
      .map(({ name }) => name)
      .sort(),
  ).toEqual(names);
  const path = join(directory, ".contextcore", "holds.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -9));
  expect(() => readHolds({ directory })).toThrow("nobody knows what is held");
});

/** A machine with a ledger, and two snapshots of it, here and in a place. */
async function saved() {
  const one = machine({
    backends: `${OFF}  worm: { plugin: sqlite, path: worm.db }\n  etc: { plugin: files, path: etc }\n`,
  });
  fill(one.cwd);
  for (const plugin of ["worm", "etc"]) {
    expect((await inside(one.cwd, "export", "--all", "--plugin", plugin)).exitCode).toBe(0);
    await inside(one.cwd, "snapshots", "copy", "latest", "--to", "offsite");
  }
  return {
    ...one,
    names: () =>
      readdirSync(join(one.cwd, "backups"))
        .filter((name) => /^\d/.test(name))
        .sort(),
  };
}

const PRUNE = ["snapshots", "prune", "--keep-last", "1", "--allow-gaps", "--yes"];
const add = (cwd: string, ...args: string[]) =>
  inside(cwd, "retention", "hold", "add", ...args, "--no-export");

test("what is held stays, here and in a place, and says by what; the rest goes; when it is ended the rest goes, too", async () => {
  const { cwd, place, names } = await saved();
  const [worm = "", etc = ""] = names();
  expect((await add(cwd, "audit-2026", "--backend", "worm")).exitCode).toBe(0);
  for (const where of [[], ["--place", "offsite"]]) {
    const plan = await json(cwd, ...PRUNE.slice(0, -1), "--dry-run", ...where);
    expect(plan.printed.snapshots.map((one: { reasons: string[] }) => one.reasons)).toEqual([
      expect.not.arrayContaining(["held by audit-2026"]),
      ["held by audit-2026"],
    ]);
    await inside(cwd, ...PRUNE, ...where);
  }
  expect([names(), copiesIn(place).sort()]).toEqual([
    [worm, etc],
    [worm, etc],
  ]);
  const ended = await inside(cwd, "retention", "hold", "end", "audit-2026", "--yes");
  expect([ended.exitCode, ended.stderr], ended.stdout).toEqual([0, expect.stringContaining("is due")]);
  expect(names()).toEqual([worm, etc]);
  await inside(cwd, ...PRUNE);
  expect(names()).toEqual([etc]);
  const trail = readFileSync(join(cwd, ".contextcore", "audit.jsonl"), "utf8");
  for (const kind of ["hold_add", "hold_end"]) expect(trail).toContain(`"operation":"${kind}"`);
});

test("a hold of another backend, or of another time, keeps nothing of it", async () => {
  const { cwd, names } = await saved();
  const [, etc = ""] = names();
  await add(cwd, "other", "--backend", "etc");
  await add(cwd, "long-ago", "--backend", "worm", "--to", "1971-01-01");
  await inside(cwd, ...PRUNE);
  expect(names()).toEqual([etc]);
});

test("adding one exports first what it is about, and the trail, the list and every message have no selector", async () => {
  const { cwd, names } = await saved();
  const before = names();
  const added = await json(
    cwd,
    "retention",
    "hold",
    "add",
    "case-7",
    "--backend",
    "worm",
    "--about",
    "asked for",
  );
  expect([added.exitCode, added.printed.lacking], added.stderr).toEqual([0, undefined]);
  const { plugins } = JSON.parse(readFileSync(join(added.printed.path, "manifest.json"), "utf8"));
  expect(plugins.map(({ name }: { name: string }) => name)).toEqual(["worm"]);
  expect(names().length).toBe(before.length + 1);
  const { printed } = await json(cwd, "retention", "hold", "list");
  expect(printed.holds).toMatchObject([{ name: "case-7", backends: ["worm"], about: "asked for" }]);

  const secret = "kim@example.org";
  const told = await inside(cwd, "retention", "hold", "add", "case-8", "--match", `worm=${secret}`);
  const listed = await json(cwd, "retention", "hold", "list");
  const trail = readFileSync(join(cwd, ".contextcore", "audit.jsonl"), "utf8");
  expect(trail).not.toContain(secret);
  expect(JSON.stringify(listed.printed)).not.toContain(secret);
  expect(listed.printed.holds[1]).toMatchObject({ name: "case-8", selectors: ["worm"] });
  expect(told.exitCode).toBe(3);
  expect(told.stdout + told.stderr).not.toContain(secret);
});

test("what cannot be a hold is refused before anything stands", async () => {
  const { cwd } = machine();
  for (const [args, message] of [
    [["Case"], "is no name for a hold"],
    [["case"], "what is it about?"],
    [["case", "--all", "--backend", "worm"], "contradict"],
    [["case", "--backend", "nobody"], "there is no such backend"],
    [["case", "--backend", "worm", "--from", "2026-01-02", "--to", "2026-01-01"], "is not before"],
    [["case", "--backend", "nobody"], "trail, activity and logs"],
    [["case", "--match", "kim"], "which backend is it for?"],
  ] as const) {
    const { exitCode, stderr } = await add(cwd, ...args);
    expect([args, exitCode, stderr]).toEqual([args, 2, expect.stringContaining(message)]);
  }
  expect((await add(cwd, "case", "--all")).exitCode).toBe(0);
  expect((await add(cwd, "case", "--all")).exitCode).toBe(2);
  expect((await inside(cwd, "retention", "hold", "end", "nobody", "--yes")).exitCode).toBe(2);
});

/** Encrypted copies: what is past its time in them is owed where their identity is not, unless all of a copy goes. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000);

const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
const apply = (cwd: string, ...args: readonly string[]) =>
  run(["retention", "apply", "--yes", ...args], { cwd, env: { ...cleanEnv(cwd), ...clockOff("+31d") } });

/** A project whose one snapshot has an encrypted copy. */
async function sealed(classes: Readonly<Record<string, string>>) {
  const cwd = temporaryDirectory();
  const file = join(temporaryDirectory(), "backup.key");
  const recipient = (await inside(cwd, "keys", "new", file)).stdout.trim();
  const stores = `stores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [${recipient}] }\n`;
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\n${stores}`);
  await inside(cwd, "keys", "check", "--identity", file);
  const name = basename(await smallSnapshot(join(cwd, "backups"), { classes }));
  const copied = await inside(cwd, "snapshots", "copy", name, "--to", "offsite");
  expect(copied.exitCode, copied.stderr).toBe(0);
  return { cwd, file, name };
}

const copiesIn = (cwd: string): string[] =>
  readdirSync(join(cwd, "offsite")).filter((name) => existsSync(join(cwd, "offsite", name, "copy.json")));
const MIXED = { logs: "transient", traces: "critical", metrics: "critical" };
const ALL = { logs: "transient", traces: "transient", metrics: "transient" };

test("where the snapshot is here, too, its encrypted copy is written anew without the identity", async () => {
  const { cwd, name, file } = await sealed(MIXED);
  const done = await apply(cwd);
  expect([done.exitCode, copiesIn(cwd)], done.stderr).toEqual([0, [`${name}-2`]]);
  rmSync(join(cwd, "backups", `${name}-2`), { recursive: true });
  const shown = await inside(cwd, "verify", `offsite:${name}-2`, "--identity", file);
  expect(shown.exitCode, shown.stderr).toBe(0);
});

test("where only the copy is left, one backend's data in it is owed until the identity is named", async () => {
  const { cwd, name, file } = await sealed(MIXED);
  rmSync(join(cwd, "backups", name), { recursive: true });
  const owed = await apply(cwd);
  expect([owed.exitCode, copiesIn(cwd)], owed.stderr).toEqual([3, [name]]);
  expect(owed.stdout + owed.stderr).toContain("--identity FILE");
  const done = await apply(cwd, "--identity", file);
  expect([done.exitCode, copiesIn(cwd)], done.stderr).toEqual([0, [`${name}-2`]]);
});

test("a copy of which nothing is to stay goes without it, unless nobody here knows what is in it", async () => {
  const known = await sealed(ALL);
  rmSync(join(known.cwd, "backups", known.name), { recursive: true });
  const gone = await apply(known.cwd);
  expect([gone.exitCode, copiesIn(known.cwd)], gone.stderr).toEqual([0, []]);

  const { cwd, name, file } = await sealed(ALL);
  rmSync(join(cwd, "backups", name), { recursive: true });
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  const owed = await apply(cwd);
  expect([owed.exitCode, owed.stdout, copiesIn(cwd)], owed.stderr).toEqual([
    3,
    expect.stringContaining("--identity FILE"),
    [name],
  ]);
  const done = await apply(cwd, "--identity", file);
  expect([done.exitCode, copiesIn(cwd)], done.stderr).toEqual([0, []]);
});

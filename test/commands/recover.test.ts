/** A machine is lost; another one, with nothing but the configuration, brings everything back from the place. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { append } from "../plugins/sqlite/databases.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed } from "../support/project.ts";
import { afterLoss, copiesIn, fill, inside, json, machine, rowsOf, saved, treeOf } from "./machine.ts";

setDefaultTimeout(120_000);

test("by the runbook: commands and restores in their order, each timed, then counts beside the snapshot's, all in the trail", async () => {
  const lost = machine();
  fill(lost.cwd);
  const key = await saved(lost.cwd);
  const steps = [
    "run: [sh, -c, 'echo begun > log']",
    "restore: [worm]",
    "run: [sh, -c, 'test -s worm.db && ! test -e etc && echo between >> log']",
    'restore: "*"',
    "run: [sh, -c, 'test -s etc/motd && echo after >> log']",
  ];
  const empty = machine({ place: lost.place, steps });
  const from = ["recover", "--from", "offsite", "--key", key];
  const dry = await json(empty.cwd, ...from, "--dry-run");
  expect([dry.exitCode, dry.printed.steps.map(({ kind }: { kind: string }) => kind)]).toEqual([
    0,
    ["run", "restore", "run", "restore", "run", "count"],
  ]);
  expect(existsSync(join(empty.cwd, "log"))).toBe(false);
  expect((await inside(empty.cwd, ...from)).exitCode).toBe(4);
  const done = await json(empty.cwd, ...from, "--yes");
  expect([done.exitCode, done.printed.status], done.stderr).toEqual([0, "complete"]);
  expect(readFileSync(join(empty.cwd, "log"), "utf8")).toBe("begun\nbetween\nafter\n");
  expect(rowsOf(empty.cwd)).toEqual(rowsOf(lost.cwd));
  expect(treeOf(join(empty.cwd, "etc"))).toEqual(treeOf(join(lost.cwd, "etc")));
  const by = Object.fromEntries(done.printed.backends.map((one: { backend: string }) => [one.backend, one]));
  expect(by.worm).toMatchObject({ saved: { rows: 100 }, server: { rows: 100 }, unproven: [] });
  expect(by.worm.units).toContainEqual({ unit: "rows", how: "counted", verdict: "same" });
  expect(by.etc).toMatchObject({ saved: { files: 3 }, server: { files: 3 } });
  expect(by.etc.units).toContainEqual({ unit: "files", how: "listed", verdict: "same" });
  for (const step of done.printed.steps)
    expect(step).toMatchObject({ state: "done", seconds: expect.any(Number) });
  expect(done.printed.seconds).toBeGreaterThan(0);
  const events = eventsIn((await inside(empty.cwd, "audit", "--json")).stdout);
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "recover started",
    "restore started",
    "restore success",
    "restore started",
    "restore success",
    "recover success",
  ]);
  expect(events[0]?.details).toMatchObject({
    from: "offsite",
    steps: expect.arrayContaining(["restore worm"]),
  });
  expect(events.at(-1)?.details).toMatchObject({ status: "complete", seconds: expect.any(Number) });
  expect((await inside(empty.cwd, "recover", "--resume", "--yes")).exitCode).toBe(2);
});

test("a command that fails stops the recovery, is told with what it printed, and is where --resume goes on, mended or not", async () => {
  const { place, key } = await afterLoss();
  const failing = "run: [sh, -c, 'echo out; printf \"\\033[2Jgone\\n\" >&2; test -e mended']";
  const steps = [
    "run: [sh, -c, 'echo once >> log']",
    'restore: "*"',
    failing,
    "run: [sh, -c, 'echo last >> log']",
  ];
  const { cwd } = machine({ place, steps });
  const args = ["recover", "--from", "offsite", "--key", key, "--yes"];
  const stopped = await json(cwd, ...args);
  expect([stopped.exitCode, stopped.printed.status]).toEqual([1, "stopped"]);
  expect(stopped.printed.steps.map(({ state }: { state: string }) => state)).toEqual([
    "done",
    "done",
    "failed",
    "open",
    "open",
  ]);
  expect(stopped.printed.steps[2].reason).toBe("it ended with exit code 1");
  expect(stopped.stderr).toContain("| out\n");
  expect(stopped.stderr).toContain("| \\u001b[2Jgone\n");
  expect(stopped.stderr).toMatch(/stopped at step 3 of 5: .*contextcore recover --resume/);
  expect((await inside(cwd, "recover", "--resume", "--key", key, "--yes")).exitCode).toBe(1);
  const another = await inside(cwd, "recover", "--resume", "--backend", "etc", "--key", key, "--yes");
  expect([another.exitCode, another.stderr]).toEqual([2, expect.stringContaining("was another one")]);
  const fresh = await inside(cwd, ...args.slice(0, -1), "--dry-run");
  expect(fresh.stdout).toContain("contextcore recover --resume would go on with it");
  writeFileSync(join(cwd, "mended"), "");
  const resumed = await json(cwd, "recover", "--resume", "--key", key, "--yes");
  expect([resumed.exitCode, resumed.printed.status], resumed.stderr).toEqual([0, "complete"]);
  expect(readFileSync(join(cwd, "log"), "utf8")).toBe("once\nlast\n");
  const events = eventsIn((await inside(cwd, "audit", "--json", "--operation", "recover")).stdout);
  expect(events.map(({ outcome }) => outcome)).toEqual([
    "started",
    "failed",
    "started",
    "failed",
    "started",
    "success",
  ]);
});

test("what the servers hold less in the end is named, and the exit code is 5", async () => {
  const { place, key } = await afterLoss();
  const steps = ['restore: "*"', "run: [rm, etc/motd]"];
  const { cwd } = machine({ place, steps });
  const { exitCode, printed, stderr } = await json(
    cwd,
    "recover",
    "--from",
    "offsite",
    "--key",
    key,
    "--yes",
  );
  expect([exitCode, printed.status, stderr]).toEqual([
    5,
    "different",
    expect.stringContaining("etc holds less"),
  ]);
  const etc = printed.backends.find(({ backend }: { backend: string }) => backend === "etc");
  expect(etc).toMatchObject({ saved: { files: 3 }, server: { files: 2 } });
  expect(etc.units).toContainEqual({ unit: "files", how: "listed", verdict: "fewer" });
  const [event] = eventsIn((await inside(cwd, "audit", "--json", "-n", "1")).stdout);
  expect(event).toMatchObject({ operation: "recover", outcome: "partial", details: { status: "different" } });
});

test("one backend as it was on a day: the newest snapshot of then, and no command that is for another one", async () => {
  const { cwd, place } = machine();
  fill(cwd, 100);
  const key = await saved(cwd);
  const [first = ""] = copiesIn(place);
  const ledger = new Database(join(cwd, "worm.db"));
  append(ledger, 50);
  ledger.close();
  renameSync(join(cwd, "backups", first), join(cwd, "backups", "20260107-020000"));
  expect((await inside(cwd, "export", "--all")).exitCode).toBe(0);
  const kept = join(cwd, "backups", "20260107-020000", "manifest.json");
  const steps = [
    "{ run: [sh, -c, 'echo other >> log'], for: [etc] }",
    "restore: [worm]",
    "{ run: [sh, -c, 'echo worm >> log'], for: [worm] }",
  ];
  const elsewhere = machine({ place, steps });
  const { created } = JSON.parse(readFileSync(kept, "utf8"));
  const day = created.slice(0, 10);
  const from = ["recover", "--from", join(cwd, "backups"), "--backend", "worm", "--yes"];
  const at = await json(elsewhere.cwd, ...from, "--at", created);
  expect(
    [at.exitCode, at.printed.chains.map(({ backend }: { backend: string }) => backend)],
    at.stderr,
  ).toEqual([0, ["worm"]]);
  expect(rowsOf(elsewhere.cwd)).toHaveLength(100);
  expect(existsSync(join(elsewhere.cwd, "etc"))).toBe(false);
  expect(readFileSync(join(elsewhere.cwd, "log"), "utf8")).toBe("worm\n");
  rmSync(join(elsewhere.cwd, "worm.db"));
  expect((await inside(elsewhere.cwd, ...from, "--no-commands", "--at", day)).exitCode).toBe(0);
  expect(rowsOf(elsewhere.cwd)).toHaveLength(150);
  expect(readFileSync(join(elsewhere.cwd, "log"), "utf8")).toBe("worm\n");
  const early = await inside(elsewhere.cwd, ...from, "--at", "2020-01-01");
  expect([early.exitCode, early.stderr]).toEqual([
    2,
    expect.stringContaining("no complete snapshot of worm"),
  ]);
  const both = await inside(
    elsewhere.cwd,
    "recover",
    "--from",
    `offsite:${first}`,
    "--at",
    day,
    "--key",
    key,
  );
  expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining("contradict each other")]);
  const stray = await inside(elsewhere.cwd, "recover", "--backend", "worn", "--yes");
  expect([stray.exitCode, stray.stderr]).toEqual([
    2,
    expect.stringMatching(/--backend worn: .*\n.*did you mean worm/),
  ]);
});

test("a project of somebody else runs no command, and neither does one whose runbook was changed since", async () => {
  const { place, key } = await afterLoss();
  const { cwd } = machine({ place });
  const file = join(cwd, "contextcore.yaml");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, `${before}recovery: { steps: [{ run: [touch, ran] }, { restore: "*" }] }\n`);
  const args = ["recover", "--from", "offsite", "--key", key, "--yes"];
  const refused = await inside(cwd, ...args);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("recovers with touch ran")]);
  expect([existsSync(join(cwd, "ran")), existsSync(join(cwd, "worm.db"))]).toEqual([false, false]);
  // Everything else of the project is still agreed to.
  expect((await inside(cwd, "snapshots", "list", "--place", "offsite", "--key", key)).exitCode).not.toBe(4);
  expect((await inside(cwd, ...args, "--no-commands")).exitCode).toBe(0);
  expect(existsSync(join(cwd, "ran"))).toBe(false);
  writeFileSync(
    file,
    `${before}recovery: { steps: [{ run: [docker, system, prune, -f] }, { restore: "*" }] }\n`,
  );
  agreed(cwd);
  const forbidden = await inside(cwd, ...args);
  expect([forbidden.exitCode, forbidden.stderr]).toEqual([
    4,
    expect.stringContaining("the command of the runbook may not run"),
  ]);
});

test("what is wrong in a runbook is told with its line", async () => {
  const wrong = {
    "run: true": /contextcore.yaml:\d+: recovery.steps.0.run: expected a list/,
    "{ run: [a], wait: [worm] }\n    - restore: [worm]": /one of run, restore and wait/,
    "run: [a]": /no step restores anything/,
    "restore: [wrom]": /there is no backend "wrom"[\s\S]*did you mean worm/,
    "{ restore: [worm], timeout: soon }": /recovery.steps.0.timeout: not a duration/,
  };
  for (const [step, message] of Object.entries(wrong)) {
    const cwd = temporaryDirectory({
      "contextcore.yaml": `name: shop\nbackends:\n  worm: { plugin: sqlite, path: worm.db }\nrecovery:\n  steps:\n    - ${step}\n`,
      "backups/keep": "",
    });
    fill(cwd, 1);
    await inside(cwd, "export", "--all", "--plugin", "worm");
    const { exitCode, stderr } = await inside(cwd, "recover", "--yes");
    expect([step, exitCode, stderr]).toEqual([step, 2, expect.stringMatching(message)]);
  }
});

test("an empty machine is told what it lacks: a snapshot, the place, the backend's configuration, the signer", async () => {
  const { place, key } = await afterLoss();
  const bare = temporaryDirectory();
  const none = await inside(bare, "recover");
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining("--from PLACE")]);
  const where = ["--set", "stores.offsite.plugin=directory", "--set", `stores.offsite.path=${place}`];
  const unsigned = await inside(bare, "recover", "--from", "offsite", ...where);
  expect([unsigned.exitCode, unsigned.stderr]).toEqual([4, expect.stringContaining("--key")]);
  const bareRun = await inside(bare, "recover", "--from", "offsite", "--key", key, ...where, "--dry-run");
  expect(bareRun.exitCode).toBe(3);
  expect(bareRun.stdout).toContain("not here: worm (sqlite): no such backend is configured here");
  expect(bareRun.stdout).toContain(
    "worm: { plugin: sqlite, … }; contextcore plugin info sqlite lists its settings",
  );
  expect((await inside(bare, "recover", "--from", "offsite", "--key", key, ...where, "--yes")).exitCode).toBe(
    2,
  );
  mkdirSync(join(bare, "etc"));
  const files = ["--set", "backends.etc.plugin=files", "--set", "backends.etc.path=etc"];
  const part = await inside(bare, "recover", "--from", "offsite", "--key", key, ...where, ...files, "--yes");
  expect([part.exitCode, part.stderr]).toEqual([3, expect.stringContaining("recovered in part")]);
  expect(Object.keys(treeOf(join(bare, "etc")))).toHaveLength(3);
});

test("a place is named by where it lies, too: its directory or its URL, with a snapshot or without", async () => {
  const { place, key } = await afterLoss(5);
  const [name = ""] = copiesIn(place);
  const { cwd } = machine({ place: temporaryDirectory() });
  for (const from of [place, `file://${place}`, `file://${place}/${name}`, join(place, name)]) {
    const { exitCode, stderr } = await inside(cwd, "recover", "--from", from, "--key", key, "--yes");
    expect([from, exitCode], stderr).toEqual([from, 0]);
    expect(rowsOf(cwd)).toHaveLength(5);
    rmSync(join(cwd, "worm.db"));
  }
  const unsigned = await inside(cwd, "recover", "--from", place, "--yes");
  expect([unsigned.exitCode, unsigned.stderr]).toEqual([4, expect.stringContaining(key)]);
  const nowhere = await inside(cwd, "recover", "--from", "ftp://host/copies", "--yes");
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([
    2,
    expect.stringContaining("is no place that is known"),
  ]);
});

/**
 * Whatever works with a place is killed with -9 at points that a seed chooses, and told again to do its work: then it is done,
 * nothing is missing, and nothing is left that does not belong there. More rounds by `KILL_SEEDS`, others by `KILL_FROM`.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { random } from "../lab/random.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import {
  copiesIn,
  filesIn,
  fill,
  inside,
  json,
  type MachineOptions,
  machine,
  OFF,
  rowsOf,
  saved,
  treeOf,
} from "./machine.ts";

setDefaultTimeout(900_000);

const FROM = Number(process.env.KILL_FROM ?? 1);
const SEEDS = Array.from({ length: Number(process.env.KILL_SEEDS ?? 12) }, (_, at) => FROM + at);

interface Siege {
  /** Everything anew. @returns where the command runs */
  readonly prepare: () => string | Promise<string>;
  readonly words: readonly string[];
  /** Where files appear or vanish as the work goes on. */
  readonly worksIn: (cwd: string) => string;
  /** Goes on where it was killed, and looks at what there is. */
  readonly check: (cwd: string) => Promise<void>;
}

/** Kills the command once a seed, when so many files have appeared or vanished. */
async function besiege({ prepare, words, worksIn, check }: Siege): Promise<void> {
  const first = await prepare();
  const before = filesIn(worksIn(first));
  await succeeds(first, ...words);
  const all = Math.abs(filesIn(worksIn(first)) - before);
  let kills = 0;
  for (const seed of SEEDS) {
    const cwd = await prepare();
    const next = random(seed);
    const enough = Math.floor(next() * all);
    const late = next() * 10;
    const child = Bun.spawn([binary, ...words], {
      cwd,
      env: cleanEnv(cwd),
      stdio: ["ignore", "ignore", "ignore"],
    });
    while (child.exitCode === null && Math.abs(filesIn(worksIn(cwd)) - before) < enough) await Bun.sleep(0);
    await Bun.sleep(enough === 0 ? 20 * late : late);
    child.kill("SIGKILL");
    await child.exited;
    if (child.signalCode === "SIGKILL") kills += 1;
    await check(cwd).catch((cause) => {
      throw new Error(`KILL_FROM=${seed} KILL_SEEDS=1: killed after ${enough} of ${all} files`, { cause });
    });
  }
  expect(kills).toBeGreaterThan(SEEDS.length / 4);
}

/** What is lost: some hundred files, larger ones, and a ledger. */
function filled(options: MachineOptions = {}) {
  const lost = machine(options);
  fill(lost.cwd, 3_000);
  for (let at = 0; at < 300; at += 1) {
    mkdirSync(join(lost.cwd, "etc", `${at % 9}`), { recursive: true });
    writeFileSync(join(lost.cwd, "etc", `${at % 9}`, `${at}.conf`), `number = ${at}\n`.repeat(at));
  }
  writeFileSync(join(lost.cwd, "etc", "large"), Buffer.alloc(20_000_000, "0123456789"));
  return lost;
}

/** The same as the lost machine has, and no draft beside it. */
function expectBack(cwd: string, lost: string): void {
  expect(rowsOf(cwd)).toEqual(rowsOf(lost));
  expect(treeOf(join(cwd, "etc"))).toEqual(treeOf(join(lost, "etc")));
  expect(readdirSync(cwd).filter((name) => /partial|tmp|draft/.test(name))).toEqual([]);
}

const succeeds = async (cwd: string, ...words: readonly string[]): Promise<void> => {
  const { exitCode, stderr } = await inside(cwd, ...words);
  expect([words.join(" "), exitCode], stderr).toEqual([words.join(" "), 0]);
};

/** Goes on, or begins where nothing was begun yet. */
async function resumed(cwd: string, words: readonly string[], none: RegExp): Promise<void> {
  const { exitCode, stderr } = await inside(cwd, ...words, "--resume");
  if (exitCode === 2 && none.test(stderr)) return succeeds(cwd, ...words);
  expect(exitCode, stderr).toBe(0);
}

test("a restore from a place", async () => {
  const lost = filled();
  const key = await saved(lost.cwd);
  const words = ["restore", "offsite:latest", "--key", key, "--yes"];
  await besiege({
    prepare: () => machine({ place: lost.place }).cwd,
    words,
    worksIn: (cwd) => join(cwd, "etc"),
    async check(cwd) {
      await resumed(cwd, words, /there is no interrupted restore/);
      expectBack(cwd, lost.cwd);
    },
  });
});

test("a recovery from a place", async () => {
  const lost = filled();
  const key = await saved(lost.cwd);
  const steps = [
    "run: [sh, -c, 'echo begun >> log']",
    "restore: [etc]",
    "restore: [worm]",
    "run: [sh, -c, 'echo done >> log']",
  ];
  await besiege({
    prepare: () => machine({ place: lost.place, steps }).cwd,
    words: ["recover", "--from", "offsite", "--key", key, "--yes"],
    worksIn: (cwd) => cwd,
    async check(cwd) {
      const { exitCode, stderr } = await inside(cwd, "recover", "--resume", "--key", key, "--yes");
      if (exitCode === 2 && /no interrupted recovery/.test(stderr))
        await succeeds(cwd, "recover", "--from", "offsite", "--key", key, "--yes");
      else expect(exitCode, stderr).toBe(0);
      expectBack(cwd, lost.cwd);
    },
  });
});

/** The same machine and its place, as often as that is asked for. */
function asItWas({ cwd, place }: { readonly cwd: string; readonly place: string }): () => string {
  const kept = temporaryDirectory();
  for (const [name, path] of [
    ["cwd", cwd],
    ["place", place],
  ] as const)
    cpSync(path, join(kept, name), { recursive: true, preserveTimestamps: true });
  return () => {
    for (const [name, path] of [
      ["cwd", cwd],
      ["place", place],
    ] as const) {
      rmSync(path, { recursive: true });
      cpSync(join(kept, name), path, { recursive: true, preserveTimestamps: true });
    }
    // An agreement that was copied counts for nothing.
    rmSync(join(cwd, ".contextcore", "agreements.json"), { force: true });
    return agreed(cwd);
  };
}

const here = (cwd: string): string[] =>
  readdirSync(join(cwd, "backups")).filter((name) => /^\d{8}-/.test(name));

/** What lies in a place beside the copies that are whole. */
const unfinished = (place: string): string[] =>
  copiesIn(place).filter((name) => !existsSync(join(place, name, "copy.json")));

/** So that nobody may still be writing it. */
function makeOld(place: string, names: readonly string[]): void {
  const old = Date.now() / 1_000 - 3 * 86_400;
  for (const name of names)
    for (const file of Object.keys(treeOf(join(place, name)))) utimesSync(join(place, name, file), old, old);
}

test("a copy to a place", async () => {
  const lost = filled();
  await succeeds(lost.cwd, "export", "--all");
  const words = ["snapshots", "copy", "latest", "--to", "offsite"];
  await besiege({
    prepare: asItWas(lost),
    words,
    worksIn: () => lost.place,
    async check(cwd) {
      await succeeds(cwd, ...words);
      await succeeds(cwd, "verify", "offsite:latest");
      const [name = ""] = copiesIn(lost.place);
      expect(Object.keys(treeOf(join(lost.place, name))).sort()).toEqual(objectsOf(lost.place, name));
      expect(copiesIn(lost.place)).toEqual(here(cwd));
    },
  });
});

test("an export straight into a place", async () => {
  const lost = filled();
  const words = ["export", "--all", "-o", "offsite"];
  await besiege({
    prepare: asItWas(lost),
    words,
    worksIn: () => lost.place,
    async check(cwd) {
      const isBegun = (name: string): boolean =>
        ["plan.json", "copy.json"].some((file) => existsSync(join(lost.place, name, file)));
      const begun = copiesIn(lost.place).some(isBegun);
      const { exitCode, stderr } = await inside(cwd, "export", "--resume", "-o", "offsite");
      // What was killed while it tried what the place keeps to, and what was finished already, has nothing to go on with.
      expect(exitCode, stderr).toBeOneOf(begun ? [0, 2] : [2]);
      if (!begun) await succeeds(cwd, ...words);
      await succeeds(cwd, "verify", "offsite:latest");
      makeOld(lost.place, unfinished(lost.place));
      await succeeds(cwd, "snapshots", "prune", "--place", "offsite", "--keep-last", "9", "--yes");
      const [name = "", ...more] = copiesIn(lost.place);
      expect(more).toEqual([]);
      expect(Object.keys(treeOf(join(lost.place, name))).sort()).toEqual(objectsOf(lost.place, name));
    },
  });
});

/** What the copy consists of, by its own word. */
function objectsOf(place: string, name: string): string[] {
  const { objects } = JSON.parse(readFileSync(join(place, name, "copy.json"), "utf8"));
  return [...objects.map((one: { name: string }) => one.name), "copy.json"].sort();
}

/** Three snapshots of many files, here and in the place. */
async function threeCopies() {
  const backends = ["logs", "traces", "metrics"].map(
    (name) => `  ${name}: { plugin: loki, url: "http://127.0.0.1:9", keepLocal: 0s }\n`,
  );
  const lost = machine({ backends: OFF + backends.join(""), more: "copies: [offsite]\n" });
  for (let at = 0; at < 3; at += 1) await smallSnapshot(join(lost.cwd, "backups"), { objects: 150 });
  const names = here(lost.cwd).sort();
  await succeeds(lost.cwd, "snapshots", "copy", ...names, "--to", "offsite");
  return { lost, names };
}

test("the removal here of what a place holds", async () => {
  const { lost, names } = await threeCopies();
  const words = ["snapshots", "prune", "--keep-local", "--yes"];
  await besiege({
    prepare: asItWas(lost),
    words,
    worksIn: (cwd) => join(cwd, "backups"),
    async check(cwd) {
      const left = here(cwd);
      for (const name of left) await succeeds(cwd, "verify", join("backups", name));
      await succeeds(cwd, ...words);
      expect(here(cwd).length).toBeLessThan(3);
      const { printed } = await json(cwd, "snapshots", "list");
      expect(printed.snapshots.map(({ name }: { name: string }) => name).sort()).toEqual(names);
      for (const name of names) await succeeds(cwd, "verify", name);
      expect(copiesIn(lost.place).sort()).toEqual(names);
      expect(readdirSync(join(cwd, "backups")).filter((name) => name.startsWith("."))).toEqual([]);
    },
  });
});

test("the removal of copies in a place", async () => {
  const { lost, names } = await threeCopies();
  const [newest = ""] = names.slice(-1);
  const words = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--allow-gaps", "--yes"];
  await besiege({
    prepare: asItWas(lost),
    words,
    worksIn: () => lost.place,
    async check(cwd) {
      for (const name of copiesIn(lost.place))
        if (!unfinished(lost.place).includes(name)) await succeeds(cwd, "verify", `offsite:${name}`);
      await succeeds(cwd, ...words);
      expect(copiesIn(lost.place).filter((name) => !unfinished(lost.place).includes(name))).toEqual([newest]);
      makeOld(lost.place, unfinished(lost.place));
      await succeeds(cwd, ...words);
      expect(copiesIn(lost.place)).toEqual([newest]);
      expect(Object.keys(treeOf(join(lost.place, newest))).sort()).toEqual(objectsOf(lost.place, newest));
      await succeeds(cwd, "verify", `offsite:${newest}`);
      for (const name of names) await succeeds(cwd, "verify", join("backups", name));
    },
  });
});

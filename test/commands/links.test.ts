/**
 * Links, FIFOs and devices among the files that are ours, as in a project or a backup that somebody else has made: nothing
 * is followed, written through or waited for, and what the user names may still be reached over a link.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** Longer than any of these commands takes, and much shorter than for ever. */
const HANGS_MS = 20_000;

const within = (args: readonly string[], cwd: string, home = cwd): Promise<Finished> =>
  run(args, { cwd, env: { HOME: home, ...COMMAND }, signal: AbortSignal.timeout(HANGS_MS) });

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const CONFIG = `name: shop\nbackends:\n${OFF}`;
/** The user's own word: nobody need agree to it. */
const COMMAND = { CONTEXTCORE_DESTROY_COMMAND: "touch,destroyed" };

const project = (files: Readonly<Record<string, string>> = {}) =>
  temporaryDirectory({ "contextcore.yaml": CONFIG, ...files });

const DESTROY = ["destroy", "--option", "3", "--confirm", "shop"];
const destroyed = (cwd: string): boolean => existsSync(join(cwd, "destroyed"));
const fifo = (path: string): void => void Bun.spawnSync(["mkfifo", path]);

/** Its last line has no end, as in many files that people write. */
const DOTFILE = 'export PATH="$HOME/bin:$PATH"\nalias ll="ls -l"\nexport TOKEN=precious';

describe("a trail's file that is not ours", () => {
  const MADE: Readonly<Record<string, (dotfile: string, trail: string) => void>> = {
    "a link to a dotfile": (dotfile, trail) => symlinkSync(dotfile, trail),
    "a second name of a dotfile": (dotfile, trail) => linkSync(dotfile, trail),
    "a copy of a dotfile": (dotfile, trail) => writeFileSync(trail, readFileSync(dotfile)),
  };

  test.each(Object.keys(MADE))("%s: nothing is written to it, and nothing destroyed", async (name) => {
    const cwd = project({ ".bashrc": DOTFILE, ".contextcore/.keep": "" });
    const trail = join(cwd, ".contextcore/audit.jsonl");
    MADE[name]?.(join(cwd, ".bashrc"), trail);
    const { exitCode, stderr } = await within(DESTROY, cwd);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(trail);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readFileSync(join(cwd, ".bashrc"), "utf8")).toBe(DOTFILE);
    expect(readFileSync(trail, "utf8")).toBe(DOTFILE);
    expect(destroyed(cwd)).toBe(false);
  });

  test("the trail's directory is a link: it is not written to", async () => {
    const cwd = project({ "elsewhere/notes.txt": "mine" });
    symlinkSync("elsewhere", join(cwd, ".contextcore"));
    const { exitCode, stderr } = await within(DESTROY, cwd, temporaryDirectory());
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${join(cwd, ".contextcore")} is a symbolic link`);
    expect(readdirSync(join(cwd, "elsewhere"))).toEqual(["notes.txt"]);
  });

  test("a folder of it is a link: the files there are not taken for ours, and stay", async () => {
    const cwd = project({ "documents/letter": "dear", "documents/will": "all" });
    expect((await within(DESTROY, cwd)).exitCode).toBe(0);
    const open = join(cwd, ".contextcore/open");
    rmSync(open, { recursive: true });
    symlinkSync("../documents", open);
    await within(DESTROY, cwd);
    expect(readdirSync(join(cwd, "documents")).sort()).toEqual(["letter", "will"]);
  });

  test.each(["audit.jsonl", "audit.lock"])("a FIFO as %s: refused at once", async (name) => {
    const cwd = project({ ".contextcore/.keep": "" });
    fifo(join(cwd, ".contextcore", name));
    const { exitCode, stderr } = await within(DESTROY, cwd);
    expect(stderr).toContain(`${join(cwd, ".contextcore", name)}: it is a FIFO`);
    expect([exitCode, destroyed(cwd)]).toEqual([4, false]);
  });

  const OTHERS: Readonly<Record<string, (path: string) => void>> = {
    "a FIFO": fifo,
    "a link to a device without an end": (path) => symlinkSync("/dev/zero", path),
    "a link to itself": (path) => symlinkSync(basename(path), path),
    "a directory": (path) => mkdirSync(path),
  };

  test.each(Object.keys(OTHERS))("audit verify, and %s in its place: named, exit 5", async (name) => {
    const cwd = project();
    expect((await within(DESTROY, cwd)).exitCode).toBe(0);
    const trail = join(cwd, ".contextcore/audit.jsonl");
    rmSync(trail);
    OTHERS[name]?.(trail);
    const { exitCode, stderr } = await within(["audit", "verify"], cwd);
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`cannot read ${trail}: it is a`);
    expect(stderr).not.toMatch(/^\s+at /m);
    const told = await within(["audit", "verify", "--json"], cwd);
    expect([told.exitCode, JSON.parse(told.stdout).sound]).toEqual([5, false]);
  });

  test("audit verify, and a FIFO among a sink's states: named, exit 5", async () => {
    const cwd = project({ ".contextcore/sinks/.keep": "" });
    await within(DESTROY, cwd);
    fifo(join(cwd, ".contextcore/sinks/copy.json"));
    const { exitCode, stderr } = await within(["audit", "verify"], cwd);
    expect(stderr).toContain(join(cwd, ".contextcore/sinks/copy.json"));
    expect(exitCode).toBe(5);
  });

  test("a file sink that is a link or a FIFO gets nothing, and nobody waits for it", async () => {
    const cwd = project({ "precious.txt": DOTFILE });
    const sinks = "sinks:\n  file: { enabled: true, path: out.jsonl }\n";
    writeFileSync(join(cwd, "contextcore.yaml"), CONFIG + sinks);
    for (const make of [(path: string) => symlinkSync("precious.txt", path), fifo]) {
      rmSync(join(cwd, "out.jsonl"), { force: true });
      make(join(cwd, "out.jsonl"));
      const { stderr } = await within(DESTROY, cwd);
      expect(stderr).toContain(`${join(cwd, "out.jsonl")} is `);
      expect(readFileSync(join(cwd, "precious.txt"), "utf8")).toBe(DOTFILE);
    }
  });
});

describe("a snapshot with something else among its files", () => {
  const ODD: Readonly<Record<string, (path: string) => void>> = {
    "a FIFO": fifo,
    "a link to a device without an end": (path) => symlinkSync("/dev/zero", path),
    "a link to itself": (path) => symlinkSync(basename(path), path),
    "a link to the file": (path) => symlinkSync("../../kept", path),
    "a directory": (path) => mkdirSync(path),
  };
  const FILES = ["manifest.json", "blocks.jsonl", "logs.json"];
  const CASES = FILES.flatMap((file) => Object.keys(ODD).map((what) => [file, what] as const));

  /** A project with a small snapshot in which this stands in the place of a file. */
  async function damaged(
    file: string,
    what: string,
  ): Promise<{ readonly cwd: string; readonly path: string }> {
    const cwd = project();
    const path = await smallSnapshot(join(cwd, "backups"));
    renameSync(join(path, file), join(cwd, "kept"));
    ODD[what]?.(join(path, file));
    return { cwd, path };
  }

  test.each(CASES)("%s is %s: verify names it, exit 5; nothing else hangs", async (file, what) => {
    const { cwd, path } = await damaged(file, what);
    const { exitCode, stderr } = await within(["verify", path], cwd);
    expect(exitCode).toBe(5);
    expect(stderr).toContain(file);
    for (const args of [
      ["snapshots", "list"],
      ["snapshots", "show", path],
      ["restore", path, "--dry-run"],
    ]) {
      const other = await within(args, cwd);
      expect(other.exitCode).toBeLessThan(6); // it came to an end by itself
      expect(other.stderr).not.toMatch(/^\s+at /m);
    }
  });

  test("a directory that is a link is not walked, be it a circle", async () => {
    const cwd = project();
    const path = await smallSnapshot(join(cwd, "backups"));
    symlinkSync("..", join(path, "logs/again"));
    symlinkSync("/", join(path, "root"));
    const { exitCode, stderr } = await within(["verify", path], cwd);
    expect(exitCode).toBe(5);
    expect(stderr.match(/is not in the manifest/g)).toHaveLength(2);
  });
});

test("what the user names may be reached over links: backups, a snapshot, the home", async () => {
  const cwd = project({ "disk/.keep": "", "users/ada/.keep": "", "stow/.keep": "" });
  symlinkSync("disk", join(cwd, "backups"));
  symlinkSync("users/ada", join(cwd, "home"));
  symlinkSync("../../stow", join(cwd, "users/ada/.contextcore"));
  const path = await smallSnapshot(join(cwd, "backups"));
  symlinkSync(path, join(cwd, "this-one"));
  expect((await within(["verify", "this-one"], cwd, join(cwd, "home"))).exitCode).toBe(0);
  expect((await within(["verify", "latest"], cwd, join(cwd, "home"))).exitCode).toBe(0);
  expect((await within(DESTROY, cwd, join(cwd, "home"))).exitCode).toBe(0);
  expect(readFileSync(join(cwd, "stow/audit.log"), "utf8")).toContain('"operation":"destroy"');
  expect(readlinkSync(join(cwd, "backups"))).toBe("disk");
});

describe("what a cloned project puts in the place of its files", () => {
  const MADE: Readonly<Record<string, (path: string) => void>> = {
    "a FIFO": fifo,
    "a link to a device": (path) => symlinkSync("/dev/zero", path),
    "3 GB": (path) => {
      writeFileSync(path, "");
      truncateSync(path, 3e9);
    },
  };
  const cases = Object.keys(MADE).flatMap((kind) =>
    ["contextcore.yaml", "contextcore.lock", "secret", "part.ts", "pkg/package.json"].map((name) => [
      kind,
      name,
    ]),
  );
  const TEXT = `plugins: [./plugin.ts, ./pkg]\n${CONFIG}`.replace(
    "loki: { enabled: false }",
    "loki: { url: http://127.0.0.1:1, token: file:./secret }",
  );

  test.each(cases)("%s as %s is named, and nobody waits for it", async (kind, name) => {
    const cwd = project({
      "contextcore.yaml": name === "secret" ? TEXT.replace(/^plugins.*/, "") : TEXT,
      "plugin.ts": 'import "./part.ts";',
      secret: "x",
      "pkg/x": "",
    });
    rmSync(join(cwd, name), { force: true });
    MADE[kind]?.(join(cwd, name));
    const commands = [
      ["plugin", "list"],
      ["config", "trust"],
      ["plugin", "add", "./pkg", "--yes"],
      ["completions", "bash", "--", "plugin", "info", ""],
    ];
    const said: string[] = [];
    for (const args of [
      ...commands,
      ["plugin", "add", "./plugin.ts", "--yes"],
      ["config", "trust", "--yes"],
      ["inventory"],
    ]) {
      const { exitCode, stderr, stdout } = await within(args, cwd);
      expect(exitCode, args.join(" ")).toBeLessThan(6); // it came to an end by itself
      expect(stderr).not.toMatch(/^\s+at /m);
      said.push(stderr, stdout);
    }
    if (name !== "pkg/package.json" && name !== "part.ts")
      expect(said.join("\n")).toMatch(/not a regular file|is a symbolic link|the limit is/);
  });

  test("a draft that was prepared as a link is not written through", async () => {
    const cwd = project({ ".bashrc": DOTFILE, "contextcore.yaml": `plugins: [./p.ts]\n${CONFIG}` });
    // The program's id is that of the shell that becomes it.
    const script = `for name in lock yaml; do ln -s .bashrc contextcore.$name.$$.tmp; done; exec ${binary} plugin remove ./p.ts`;
    const done = Bun.spawnSync(["sh", "-c", script], { cwd, env: { ...cleanEnv(cwd) } });
    expect(`${done.exitCode} ${done.stderr}`).toStartWith("0 ");
    expect(readFileSync(join(cwd, ".bashrc"), "utf8")).toBe(DOTFILE);
    expect(readdirSync(cwd).filter((name) => name.endsWith(".tmp"))).toHaveLength(2);
    expect(readFileSync(join(cwd, "contextcore.yaml"), "utf8")).toContain("plugins: []");
  });
});

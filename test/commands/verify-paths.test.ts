/** What a snapshot says of its own files, and links among them: whatever stands there, verify says so and ends with 5. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claim, edit, reindex } from "../snapshot/forge.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

async function project(): Promise<{ readonly cwd: string; readonly path: string }> {
  const cwd = temporaryDirectory();
  return { cwd, path: await smallSnapshot(join(cwd, "backups")) };
}

const CIRCLES: Readonly<Record<string, (path: string, cwd: string) => void>> = {
  "the snapshot": (path) => {
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
  },
  "the snapshot, over another link": (path, cwd) => {
    rmSync(path, { recursive: true });
    symlinkSync(join(cwd, "around"), path);
    symlinkSync(path, join(cwd, "around"));
  },
  "the directory of all snapshots": (_, cwd) => {
    renameSync(join(cwd, "backups"), join(cwd, "kept"));
    symlinkSync("backups", join(cwd, "backups"));
  },
  "a directory in it": (path) => {
    rmSync(join(path, "logs"), { recursive: true });
    symlinkSync("logs", join(path, "logs"));
  },
};
const WAYS: Readonly<Record<string, (path: string) => readonly string[]>> = {
  "by its path": (path) => [path],
  latest: () => ["latest"],
  "--all": () => ["--all"],
  "--quick": (path) => [path, "--quick"],
};
const CASES = Object.keys(CIRCLES).flatMap((what) => Object.keys(WAYS).map((way) => [what, way] as const));

test.each(CASES)("%s is a link to itself, verified %s: exit 5, and named", async (what, way) => {
  const { cwd, path } = await project();
  CIRCLES[what]?.(path, cwd);
  const { exitCode, stderr, stdout } = await run(["verify", ...(WAYS[way]?.(path) ?? [])], { cwd });
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining("wrong: ")]);
  expect(stdout).toContain("damaged");
  expect(stderr).toMatch(/symbolic link|is not in the manifest/);
});

test("a directory so deep that it cannot be listed", async () => {
  const { cwd, path } = await project();
  const half = Array<string>(15).fill("d".repeat(200)).join("/");
  mkdirSync(join(path, half), { recursive: true });
  mkdirSync(join(cwd, half), { recursive: true });
  const rest = join(cwd, "d".repeat(200));
  renameSync(rest, join(path, half, "d"));
  const { exitCode, stderr } = await run(["verify", path], { cwd });
  renameSync(join(path, half, "d"), rest); // or nothing could remove it
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining("listed: the path is too long")]);
});

test("what was never there is a wrong call, and nothing that differs", async () => {
  const { cwd } = await project();
  mkdirSync(join(cwd, "empty"));
  for (const args of [
    ["verify", "nosuch"],
    ["verify", "--all"],
  ])
    expect((await run(args, { cwd: join(cwd, args[1] === "--all" ? "empty" : "") })).exitCode).toBe(2);
});

/** A change of one line of the index, which the manifest then fits. */
const inIndex = (path: string, from: RegExp, to: string): void => {
  const before = readFileSync(join(path, "blocks.jsonl"), "utf8");
  edit(join(path, "blocks.jsonl"), (text) => text.replace(from, to));
  expect(readFileSync(join(path, "blocks.jsonl"), "utf8")).not.toBe(before);
  reindex(path);
};

const FORGED: Readonly<Record<string, { forge: (path: string) => void; says: string }>> = {
  "a block is said to be of another data file": {
    forge: (path) => inIndex(path, /"file":"logs.json",/, '"file":"logs.json","of":"logs/else.json",'),
    says: "holds logs/else.json in the index, logs.json in the manifest",
  },
  "a block is said to be of a file that another signal has": {
    forge: (path) => inIndex(path, /"file":"logs.json",/, '"file":"logs.json","of":"traces.json",'),
    says: "holds traces.json in the index, logs.json in the manifest",
  },
  "a block is said to be of a file outside": {
    forge: (path) => inIndex(path, /"file":"logs.json",/, '"file":"logs.json","of":"../../logs.json",'),
    says: "names a file outside the snapshot",
  },
  "the manifest says a file is of another": {
    forge: (path) =>
      claim(path, ({ plugins }) => {
        for (const file of plugins.flatMap(({ files }) => files))
          if (file.path === "logs.json") file.of = "traces.json";
      }),
    says: "holds logs.json in the index, traces.json in the manifest",
  },
  "the first block of a file is another plugin's": {
    forge: (path) =>
      inIndex(path, /"plugin":"logs","file":"logs.json",/, '"plugin":"traces","file":"logs.json",'),
    says: "belongs to traces in the index, to logs in the manifest",
  },
  "the first block of a file is of another kind": {
    forge: (path) => inIndex(path, /("file":"logs.json",.*?)"records"/, '$1"kind":"bytes","records"'),
    says: "is bytes in the index, records in the manifest",
  },
  "the manifest names a file outside": {
    forge: (path) =>
      claim(path, ({ plugins }) => {
        for (const file of plugins.flatMap(({ files }) => files))
          if (file.path === "logs.json") file.path = "../../secret";
      }),
    says: "names a file outside the snapshot: ../../secret",
  },
  "the manifest says a file is of one outside": {
    forge: (path) =>
      claim(path, ({ plugins }) => {
        for (const file of plugins.flatMap(({ files }) => files))
          if (file.path === "logs.json") file.of = "/etc/passwd";
      }),
    says: "names a file outside the snapshot: /etc/passwd",
  },
};

test.each(Object.keys(FORGED))("%s: verify says so, and nothing of it is restored", async (name) => {
  const { cwd, path } = await project();
  writeFileSync(join(cwd, "secret"), "x".repeat(4321));
  FORGED[name]?.forge(path);
  const { exitCode, stderr } = await run(["verify", path], { cwd });
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining(FORGED[name]?.says ?? "")]);
  expect(stderr).not.toContain("4321");
  const converted = await run(["snapshots", "convert", path, "--to", "openmetrics", "-o", join(cwd, "out")], {
    cwd,
  });
  expect(converted.exitCode).not.toBe(0);
});

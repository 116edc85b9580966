/** Nothing was asked, chosen, read or found: that is said, and never passes for "all is well". */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { EXPORT } from "../../src/results/export.ts";
import { VERIFY } from "../../src/results/verify.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
let cwd: string;
let snapshot: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab);
  const done = await run(["export", "--all", "--json"], { cwd });
  expect(done.exitCode, done.stderr).toBe(0);
  snapshot = JSON.parse(done.stdout).snapshot.path;
});
afterAll(() => lab.stop());

const NAMES = ["tempo", "mimir", "loki", "grafana"] as const;
const off = NAMES.map((name) => `  ${name}: { enabled: false }\n`).join("");

/** In a project in which no backend is enabled. */
const alone = (...args: string[]): Promise<Finished> =>
  run(args, { cwd: temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${off}` }) });

test("with no backend enabled a destroy may lose everything: nobody was asked", async () => {
  const { stdout, exitCode } = await alone("persistence", "check-destroy");
  expect(exitCode).toBe(3);
  expect(stdout).toContain("may lose the whole stack: no backend is enabled, so what it holds is not known");
  expect(stdout).not.toContain("lose nothing");
  const json = await alone("persistence", "check-destroy", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ safe: false, losses: [{ backend: "the whole stack" }] });
  const destroyed = await alone("destroy", "--option", "3");
  expect(destroyed.stderr).toContain("may lose the whole stack");
  expect(destroyed.stderr).not.toContain("loses nothing");
  expect(destroyed.exitCode).toBe(4);
});

test.each([[["inventory"]], [["persistence", "show"]], [["doctor"]]])(
  "%p says that no backend is enabled",
  async (args) => {
    const { stdout, stderr, exitCode } = await alone(...args);
    expect(stdout + stderr).toContain("no backend is enabled, so nobody was asked what there is");
    expect(exitCode).toBe(3);
  },
);

test.each([
  ["loki", '{app="nope"}'],
  ["mimir", "nope"],
  ["tempo", '{ name = "nope" }'],
  ["grafana", "title=nope"],
] as const)(
  "a selector of %s that finds nothing makes a snapshot that says so of itself",
  async (name, match) => {
    const done = await run(["export", "-t", "24h", "--plugin", name, "--match", match, "--json"], { cwd });
    const { status, backends } = parsedAs(EXPORT, done.stdout);
    expect({ status, exitCode: done.exitCode }).toEqual({ status: "partial", exitCode: 3 });
    expect(backends[0]?.problems.at(-1)).toMatchObject({
      kind: "incomplete",
      reason: `the selector ${match} found nothing`,
    });
    const shown = await run(["snapshots", "show", JSON.parse(done.stdout).snapshot.path], { cwd });
    expect((shown.stdout + shown.stderr).split(`${name}: the selector ${match} found nothing`)).toHaveLength(
      2,
    );
  },
);

test.each(["kind=", "title=~", "tag!="])("a condition without a value (%s) is refused", async (match) => {
  const done = await run(["export", "--plugin", "grafana", "--match", match], { cwd });
  expect(done.exitCode).toBe(2);
  expect(done.stderr).toContain(`${match} has no value`);
});

test("a restore whose selector finds nothing is not complete", async () => {
  const args = ["restore", snapshot, "--plugin", "loki", "--match", '{app="nope"}', "--yes"];
  const { stdout, stderr, exitCode } = await run(args, { cwd });
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/partial$/m);
  expect(stderr).toContain("loki: the selector found nothing in it");
});

test("a restore of a signal that the snapshot does not have says so", async () => {
  const dry = await run(["restore", snapshot, "--only", "records", "--dry-run"], { cwd });
  expect(dry.exitCode).toBe(3);
  expect(dry.stdout).toContain("left out: records: this snapshot has none");
  const done = await run(["restore", snapshot, "--plugin", "loki", "--only", "dashboards", "--yes"], { cwd });
  expect(done.exitCode).toBe(2);
  expect(done.stderr).toContain("left out: dashboards: loki has none");
  const both = await run(["restore", snapshot, "--only", "logs", "--only", "files", "--dry-run"], { cwd });
  expect(both.stdout).toContain("left out: files: this snapshot has none");
  expect(both.stdout).not.toContain("left out: logs");
});

test("a part of the data is at least a block of it, and all parts together are all of it", async () => {
  const part = async (text: string) => {
    const done = await run(["verify", snapshot, `--read-data=${text}`, "--json"], { cwd });
    return parsedAs(VERIFY, done.stdout);
  };
  for (const text of ["0.5%", "0.001%", "99999/100000", "1000/1000"]) {
    const { sound, bytes, blocksReadTotal } = await part(text);
    expect({ text, sound, blocksReadTotal, isRead: bytes > 0 }).toEqual({
      text,
      sound: true,
      blocksReadTotal: 1,
      isRead: true,
    });
  }
  const shown = await run(["verify", snapshot, "--read-data=1/100000"], { cwd });
  expect(shown.stdout).toMatch(/sound {2}\d+ files, 1 of \d+ blocks, /);
  const all = await part("1/1");
  const blocks = await Promise.all([1, 2, 3].map((index) => part(`${index}/3`)));
  expect(blocks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(all.bytes);
  expect(all.blocksReadTotal).toBe(all.blocksTotal);
});

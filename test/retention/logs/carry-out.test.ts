/** What has changed since it was planned stays; what a killed run has left is finished; nothing outside is touched. */
import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { carryOutLogs } from "../../../src/retention/logs/carry-out.ts";
import { planLogs } from "../../../src/retention/logs/plan.ts";
import { logPolicy } from "../../../src/retention/logs/policy.ts";
import { openFiles } from "../../../src/storage/open-files.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const DAY_MS = 86_400_000;
const policy = logPolicy({ debug: "7d", info: "30d", warning: "90d", error: "365d" });
const SAID = "INFO a line of a log\n";

function log(directory: string, name: string, days: number, text = SAID): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const seconds = (Date.now() - days * DAY_MS) / 1_000;
  utimesSync(path, seconds, seconds);
  return path;
}

const plan = (directory: string, now = Date.now()) =>
  planLogs(directory, { policy, open: openFiles(), now, signal: NEVER });
const carryOut = async (directory: string, items: Awaited<ReturnType<typeof plan>>["items"]) =>
  carryOutLogs(directory, items, {
    ...{ policy, open: openFiles, stays: () => undefined, signal: NEVER, onFile: () => {} },
  });

const names = (directory: string): string[] => readdirSync(directory).sort();
const unpacked = (path: string): string => Buffer.from(Bun.zstdDecompressSync(readFileSync(path))).toString();

test("a large log is compressed in pieces, and reads back byte for byte, with its time and its mode", async () => {
  const directory = temporaryDirectory();
  const text = Array.from(
    { length: 300_000 },
    (_, n) => `INFO line ${n} of many, all of them different ${n * 7}\n`,
  ).join("");
  const path = log(directory, "app-2026-01-24.log", 2, text);
  chmodSync(path, 0o640);
  const { mtimeMs } = statSync(path);
  const { compressed } = await carryOut(directory, (await plan(directory)).items);
  expect(compressed).toEqual([
    {
      file: "app-2026-01-24.log",
      to: "app-2026-01-24.log.info.zst",
      bytes: text.length,
      bytesAfter: expect.any(Number),
    },
  ]);
  const packed = join(directory, "app-2026-01-24.log.info.zst");
  expect(names(directory)).toEqual(["app-2026-01-24.log.info.zst"]);
  expect(unpacked(packed) === text).toBe(true);
  const after = statSync(packed);
  expect([after.mode & 0o777, Math.round(after.mtimeMs)]).toEqual([0o640, Math.round(mtimeMs)]);
  expect(after.size).toBe(compressed[0]?.bytesAfter ?? 0);
});

test("what was written to, and what has another file's name by now, is left and named", async () => {
  const directory = temporaryDirectory();
  const [written, renamed] = [log(directory, "a.log.1", 2), log(directory, "b.log.1", 40)];
  const { items } = await plan(directory);
  expect(items.map(({ action, file }) => [action, file])).toEqual([
    ["compress", "a.log.1"],
    ["remove", "b.log.1"],
  ]);
  appendFileSync(written, "one more\n");
  renameSync(renamed, join(directory, "b.log.2"));
  log(directory, "b.log.1", 40);
  const done = await carryOut(directory, items);
  expect([done.compressed, done.removed, done.left.map(({ file }) => file)]).toEqual([
    [],
    [],
    ["a.log.1", "b.log.1"],
  ]);
  expect(names(directory)).toEqual(["a.log.1", "b.log.1", "b.log.2"]);
});

test("a directory that is exchanged for a link leads nowhere", async () => {
  const [directory, outside] = [temporaryDirectory(), temporaryDirectory()];
  log(directory, "app/app.log.1", 40);
  const elsewhere = log(outside, "app.log.1", 40);
  const { items } = await plan(directory);
  renameSync(join(directory, "app"), join(directory, "moved"));
  symlinkSync(outside, join(directory, "app"));
  const done = await carryOut(directory, items);
  expect([done.removed, done.left.map(({ file }) => file)]).toEqual([[], ["app/app.log.1"]]);
  expect(existsSync(elsewhere)).toBe(true);
  expect((await plan(directory)).items.map(({ file }) => file)).toEqual(["moved/app.log.1"]);
});

test("after a kill: a log whose compressed file is there already goes without another one", async () => {
  const directory = temporaryDirectory();
  const path = log(directory, "app.log.1", 2);
  const { mtimeMs } = statSync(path);
  await carryOut(directory, (await plan(directory)).items);
  const [packed = ""] = names(directory);
  // As if it had been killed right before the log went.
  writeFileSync(path, SAID);
  utimesSync(path, mtimeMs / 1_000, mtimeMs / 1_000);
  const { compressed } = await carryOut(directory, (await plan(directory)).items);
  expect(compressed.map(({ to }) => to)).toEqual([packed]);
  expect(names(directory)).toEqual([packed]);
});

test("after a kill: a draft goes that nobody has written to for an hour, whatever time it was given", async () => {
  const directory = temporaryDirectory();
  const draft = ".contextcore-0123456789abcdef01234567.partial";
  log(directory, draft, 400);
  expect((await plan(directory)).items).toEqual([]);
  const { items } = await plan(directory, Date.now() + 2 * 3_600_000);
  expect(items.map(({ action, file }) => [action, file])).toEqual([["remove", draft]]);
  await carryOut(directory, items);
  expect(names(directory)).toEqual([]);
});

test("another log of the same name and time does not take its place", async () => {
  const directory = temporaryDirectory();
  const path = log(directory, "app.log.1", 2);
  const { mtimeMs } = statSync(path);
  await carryOut(directory, (await plan(directory)).items);
  writeFileSync(path, "INFO something else\n");
  utimesSync(path, mtimeMs / 1_000, mtimeMs / 1_000);
  await carryOut(directory, (await plan(directory)).items);
  const all = names(directory);
  expect(all).toHaveLength(2);
  expect(all.map((name) => unpacked(join(directory, name))).sort()).toEqual(
    [SAID, "INFO something else\n"].sort(),
  );
});

test("a file of the compressed one's name that is damaged, a link, or of another time is not taken for it", async () => {
  const directory = temporaryDirectory();
  const path = log(directory, "app.log.1", 2);
  const { mtimeMs } = statSync(path);
  const again = (): void => {
    writeFileSync(path, SAID);
    utimesSync(path, mtimeMs / 1_000, mtimeMs / 1_000);
  };
  await carryOut(directory, (await plan(directory)).items);
  const [first = ""] = names(directory);
  const whole = readFileSync(join(directory, first));
  for (const spoil of [
    () => writeFileSync(join(directory, first), whole.subarray(0, -3)),
    () => utimesSync(join(directory, first), 1, 1),
    () => {
      rmSync(join(directory, first));
      symlinkSync("/etc/hostname", join(directory, first));
    },
  ]) {
    for (const name of names(directory)) rmSync(join(directory, name));
    writeFileSync(join(directory, first), whole);
    utimesSync(join(directory, first), mtimeMs / 1_000, mtimeMs / 1_000);
    again();
    spoil();
    const { compressed } = await carryOut(directory, (await plan(directory)).items);
    expect(compressed.map(({ to }) => to)).toEqual([first.replace(".info.zst", ".info-2.zst")]);
    expect(unpacked(join(directory, compressed[0]?.to ?? ""))).toBe(SAID);
  }
});

test("what came up after the plan keeps a file: a hold, and a program that opens it", async () => {
  const directory = temporaryDirectory();
  for (const name of ["a.log.1", "b.log.1"]) log(directory, name, 40);
  const { items } = await plan(directory);
  const open = {
    isPartial: false,
    has: ({ ino }: { ino: bigint }) => ino === BigInt(statSync(join(directory, "a.log.1")).ino),
  };
  const done = await carryOutLogs(directory, items, {
    ...{ policy, open: () => open, signal: NEVER, onFile: () => {} },
    stays: ({ file }) => (file === "b.log.1" ? "it is held: case" : undefined),
  });
  expect(done.left).toEqual([
    { file: "a.log.1", reason: "a program has opened it meanwhile" },
    { file: "b.log.1", reason: "it is held: case" },
  ]);
  expect(names(directory)).toEqual(["a.log.1", "b.log.1"]);
});

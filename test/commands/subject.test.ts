/** One person's data: found wherever it is, handed over, erased, and never the next person's. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_ERASE, SUBJECT_EXPORT, SUBJECT_FIND, SUBJECT_REQUESTS } from "../../src/results/subject.ts";
import { startLab } from "../lab/lab.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { ANN, ANNE, expectRun, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

const cwd = await subjectProject(lab);
const [name = ""] = readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."));

/** What was found, in short: source, whose, how much. */
async function found(id: string) {
  const { exitCode, stdout } = await subject(cwd, id, "find", "--json");
  const { found: parts, unsearched } = parsedAs(SUBJECT_FIND, stdout);
  const told = parts.map(({ source, backend, count, unit }) =>
    [source, backend ?? "", count, unit].join(" "),
  );
  return { exitCode, unsearched, told: told.sort() };
}

/** Whether it stands anywhere in there, unpacked. The next person's begins with it. */
const isIn = (folder: string): boolean => holdsWord(ANN)(everything(join(cwd, folder)));

test("everything is found, and of the next person nothing", async () => {
  const ann = await found(ANN);
  expect(ann).toMatchObject({ exitCode: 0, unsearched: [] });
  for (const source of ["snapshot", "copy"])
    expect(ann.told.filter((one) => one.startsWith(source))).toEqual(
      expect.arrayContaining([`${source} loki 2 entries`, `${source} activity 2 runs`]),
    );
  expect(ann.told).toContain("activity  2 runs");
  const all = await subject(cwd, "ann-77", "find", "--json");
  expect(parsedAs(SUBJECT_FIND, all.stdout).records).toBe(0);
});

test("neither the program's output nor the project has the identifier anywhere", async () => {
  const { stdout, stderr } = await subject(cwd, ANN, "find", "-v");
  expect(stdout + stderr).not.toContain(ANN);
  for (const file of ["audit.jsonl"])
    expect(readFileSync(join(cwd, ".contextcore", file), "utf8")).not.toContain(ANN);
});

test("the argument is a file, and a word is not repeated", async () => {
  const { exitCode, stderr } = await run(["subject", "find", ANN], { cwd });
  expect({ exitCode, has: stderr.includes(ANN) }).toEqual({ exitCode: 2, has: false });
  expect((await run(["subject", "find"], { cwd })).exitCode).toBe(4);
  for (const wrong of ["", "a", ".*", "two\nlines"])
    expect((await subject(cwd, wrong, "find")).exitCode).toBe(2);
});

test("it is handed over to read, and as a document that a schema describes", async () => {
  const file = join(cwd, "ann.json");
  const { exitCode, stderr } = await subject(cwd, ANN, "export", "--portable", "-o", file);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { records } = parsedAs(SUBJECT_EXPORT, readFileSync(file, "utf8"));
  expect(records.filter(({ backend }) => backend === "loki").length).toBe(2);
  for (const { data } of records) expect(JSON.stringify(data)).toContain(ANN);
  const pages = await subject(cwd, ANN, "export");
  expect(pages.stdout).toContain("has paid");
  expect(pages.stdout).not.toContain(ANNE);
});

test("what the trail holds in clear is handed over, too", async () => {
  const own = await subjectProject(lab);
  await run(["audit", "export", "--grep", ANN, "-o", "events.jsonl"], { cwd: own });
  const { stdout } = await subject(own, ANN, "export", "--json");
  const events = parsedAs(SUBJECT_EXPORT, stdout).records.filter(({ source }) => source === "trail");
  expect(events.length).toBeGreaterThan(0);
  for (const event of events)
    expect(event).toMatchObject({ unit: "events", data: { operation: "audit_export" } });
});

test("another number than was found agrees to nothing", async () => {
  const before = everything(join(cwd, "backups"));
  const { exitCode } = await subject(cwd, ANN, "erase", "--records", "1");
  expect(exitCode).toBe(4);
  expect((await subject(cwd, ANN, "erase")).exitCode).toBe(4);
  expect((await subject(cwd, ANN, "erase", "--dry-run")).exitCode).toBe(0);
  expect(everything(join(cwd, "backups"))).toBe(before);
});

test("it is erased everywhere, and the rest is untouched", async () => {
  const plan = parsedAs(SUBJECT_ERASE, (await subject(cwd, ANN, "erase", "--dry-run", "--json")).stdout);
  expect(plan.request).toBeUndefined();
  const done = await subject(cwd, ANN, "erase", "--records", `${plan.records}`, "--json");
  const { request } = parsedAs(SUBJECT_ERASE, done.stdout);
  expect(request?.outcomes.filter(({ state }) => state !== "done")).toEqual([]);
  expect(done.exitCode).toBe(0);
  for (const folder of ["backups", "offsite", ".contextcore"])
    expect({ folder, has: isIn(folder) }).toEqual({ folder, has: false });
  expect(everything(join(cwd, "backups"))).toContain(ANNE);
  expect(readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."))).toEqual([`${name}-2`]);
  await expectRun(["verify", "--all"], { cwd });
  await expectRun(["verify", "offsite"], { cwd });
  expect((await found(ANN)).told).toEqual([]);
});

test("the report is kept, without whose it was; what was sealed is gone", async () => {
  const { requests } = parsedAs(
    SUBJECT_REQUESTS,
    await expectRun(["subject", "requests", "--json"], { cwd }),
  );
  expect(requests).toMatchObject([{ closed: expect.any(String), tried: 1 }]);
  const folder = join(cwd, ".contextcore", "requests");
  const [file = ""] = readdirSync(folder).filter((one) => one.endsWith(".json"));
  expect(readFileSync(join(folder, file), "utf8")).not.toContain("sealed");
  const { stdout } = await run(["audit", "--operation", "subject_erase", "--json"], { cwd });
  expect(stdout).toContain(requests[0]?.subject ?? "?");
  expect(stdout).not.toContain(ANN);
  await expectRun(["audit", "verify"], { cwd });
});

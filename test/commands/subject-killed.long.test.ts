/** An erasure that is killed at any of its stages is gone on with: what is there is whole at every moment, and in the end nothing is left. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_FIND } from "../../src/results/subject.ts";
import { startLab } from "../lab/lab.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { ANN, ANNE, expectRun, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(300_000);

const lab = await startLab();
afterAll(() => lab.stop());

const namesIn = (...path: readonly string[]): string[] => {
  const folder = join(...path);
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** What shows that a stage has begun. */
const STAGES: Readonly<Record<string, (cwd: string) => boolean>> = {
  "the request is kept": (cwd) =>
    namesIn(cwd, ".contextcore", "requests").some((one) => one.endsWith(".json")),
  "tombstones are written": (cwd) => existsSync(join(cwd, ".contextcore", "erased.db")),
  "the snapshot is being written anew": (cwd) =>
    namesIn(cwd, "backups").some((one) => one.endsWith(".rewriting")),
  "its successor has its name": (cwd) => namesIn(cwd, "backups").some((one) => one.endsWith("-2")),
  "the copy is being written": (cwd) => namesIn(cwd, "offsite").some((one) => one.endsWith("-2")),
  "the copy has its successor": (cwd) =>
    namesIn(cwd, "offsite").some(
      (one) => one.endsWith("-2") && existsSync(join(cwd, "offsite", one, "copy.json")),
    ),
};

test.each(Object.entries(STAGES))("killed when %s", async (_, hasBegun) => {
  const cwd = await subjectProject(lab);
  const { records } = parsedAs(SUBJECT_FIND, (await subject(cwd, ANN, "find", "--json")).stdout);
  const child = Bun.spawn([binary, "subject", "erase", "-", "--records", `${records}`], {
    cwd,
    env: cleanEnv(cwd),
    stdin: new Blob([ANN]),
    stdout: "ignore",
    stderr: "ignore",
  });
  while (!hasBegun(cwd) && child.exitCode === null) await Bun.sleep(1);
  child.kill("SIGKILL");
  await child.exited;
  await expectRun(["verify", "--all"], { cwd });
  await run(["subject", "retry", "--yes"], { cwd });
  const left = parsedAs(SUBJECT_FIND, (await subject(cwd, ANN, "find", "--json")).stdout);
  expect(left).toMatchObject({ records: 0, unsearched: [] });
  for (const folder of ["backups", "offsite", ".contextcore"]) {
    const all = everything(join(cwd, folder));
    expect({ folder, has: holdsWord(ANN)(all) }).toEqual({ folder, has: false });
  }
  expect(everything(join(cwd, "backups"))).toContain(ANNE);
  await expectRun(["verify", "--all"], { cwd });
  await expectRun(["verify", "offsite"], { cwd });
});

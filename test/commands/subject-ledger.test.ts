/** One person's rows: in a database in use by its plugin, and in that of a snapshot by what the plugin knows of its own files. */

import { Database } from "bun:sqlite";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_ERASE, SUBJECT_EXPORT } from "../../src/results/subject.ts";
import { startLab } from "../lab/lab.ts";
import { makeShop, WHERE } from "../plugins/sqlite/people.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { parsedAs } from "../support/printed.ts";
import { ANN, ANNE, expectRun, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

async function ledgerProject(): Promise<string> {
  const cwd = await subjectProject(lab, {
    subjects: `subjects:\n  worm: ${JSON.stringify(WHERE)}\n`,
    ledger: "./shop.db",
  });
  const shop = makeShop();
  using database = new Database(shop);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  copyFileSync(shop, join(cwd, "shop.db"));
  await expectRun(["export", "-t", "1h"], { cwd });
  return cwd;
}

const cwd = await ledgerProject();

test("rows are found on the server and in the snapshot, and handed over from there", async () => {
  const { stdout } = await subject(cwd, ANN, "export", "--json");
  const { found, records } = parsedAs(SUBJECT_EXPORT, stdout);
  const of = (source: string) =>
    found.filter((one) => one.source === source && (one.backend ?? one.name) === "worm");
  expect(of("server").length).toBeGreaterThan(0);
  expect(of("snapshot").reduce((sum, { count }) => sum + count, 0)).toBe(
    of("server").reduce((sum, { count }) => sum + count, 0),
  );
  expect(records.filter(({ backend }) => backend === "worm").length).toBeGreaterThan(0);
});

test("they are erased from both, and the next person's stay", async () => {
  const plan = parsedAs(SUBJECT_ERASE, (await subject(cwd, ANN, "erase", "--dry-run", "--json")).stdout);
  const { exitCode, stdout } = await subject(cwd, ANN, "erase", "--records", `${plan.records}`, "--json");
  const { request } = parsedAs(SUBJECT_ERASE, stdout);
  expect(request?.outcomes.filter(({ state }) => state !== "done")).toEqual([]);
  expect(exitCode).toBe(0);
  expect(holdsWord(ANN)(readFileSync(join(cwd, "shop.db"), "latin1"))).toBe(false);
  expect(readFileSync(join(cwd, "shop.db"), "latin1")).toContain(ANNE);
  for (const folder of ["backups", "offsite", ".contextcore"])
    expect({ folder, has: holdsWord(ANN)(everything(join(cwd, folder))) }).toEqual({ folder, has: false });
  await expectRun(["verify", "--all"], { cwd });
});

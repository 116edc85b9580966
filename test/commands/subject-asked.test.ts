/** A person at a terminal: the identifier is asked for and not shown, and the number of records is typed to agree. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_FIND, SUBJECT_REQUESTS } from "../../src/results/subject.ts";
import { startLab } from "../lab/lab.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import { ANN, ANNE, expectRun, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
const empty = await startLab({ empty: true });
afterAll(() => Promise.all([lab.stop(), empty.stop()]));

const cwd = await subjectProject(lab);
const [name = ""] = readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."));
// Somebody else has it, and nobody here knows.
cpSync(join(cwd, "backups", name), join(cwd, "elsewhere", name), { recursive: true });

const ask = () => openSession(["subject", "erase"], { cwd });

test("Enter alone and another number erase nothing", async () => {
  const session = ask();
  await session.waitFor("What identifies the person?");
  session.type(`${ANN}${KEY.enter}`);
  await session.waitFor("Type the number of records");
  session.type(`1${KEY.enter}`);
  await session.waitFor("Enter alone or Ctrl-C stops");
  session.type(`${KEY.erase}${KEY.enter}`);
  await session.waitFor("nothing was erased");
  expect(session.text()).not.toContain(ANN);
  expect(holdsWord(ANN)(everything(join(cwd, "backups")))).toBe(true);
});

test("the number of records agrees", async () => {
  const { records } = parsedAs(SUBJECT_FIND, (await subject(cwd, ANN, "find", "--json")).stdout);
  const session = ask();
  await session.waitFor("What identifies the person?");
  session.type(`${ANN}${KEY.enter}`);
  await session.waitFor("Type the number of records");
  session.type(`${records}${KEY.enter}`);
  await session.waitFor(", closed:");
  expect(session.text()).not.toContain(ANN);
  expect(holdsWord(ANN)(everything(join(cwd, "backups")))).toBe(false);
});

test("an older copy that nobody knew of does not bring it back", async () => {
  const url = empty.urls.loki ?? "";
  await expectRun(
    ["restore", `elsewhere/${name}`, "--plugin", "loki", "--yes", "--set", `backends.loki.url=${url}`],
    { cwd },
  );
  const query = new URLSearchParams({
    query: '{app="people"}',
    limit: "100",
    start: `${Date.now() - 7_200_000}000000`,
  });
  const answer = await (await fetch(`${url}/loki/api/v1/query_range?${query}`)).text();
  expect(answer).toContain(ANNE);
  expect(holdsWord(ANN)(answer)).toBe(false);
});

test("what is exported and copied between the plan and its end is not missed", async () => {
  const own = await subjectProject(lab);
  const [first = ""] = readdirSync(join(own, "backups")).filter((one) => !one.startsWith("."));
  rmSync(join(own, "offsite", first), { recursive: true });
  const { records } = parsedAs(SUBJECT_FIND, (await subject(own, ANN, "find", "--json")).stdout);
  const session = openSession(["subject", "erase"], { cwd: own });
  await session.waitFor("What identifies the person?");
  session.type(`${ANN}${KEY.enter}`);
  await session.waitFor("Type the number of records");
  // The lines are on the server still: an export brings them here, and copies this and what the place lacks.
  await expectRun(["export", "-t", "1h"], { cwd: own });
  await run(["snapshots", "copy", first, "--to", "offsite"], { cwd: own });
  expect(existsSync(join(own, "offsite", first, "copy.json"))).toBe(true);
  session.type(`${records}${KEY.enter}`);
  await session.waitFor("owed until");
  expect(existsSync(join(own, "offsite", first))).toBe(false);
  const { stdout } = await run(["subject", "requests", "--json"], { cwd: own });
  const [request] = parsedAs(SUBJECT_REQUESTS, stdout).requests;
  const owed = request?.outcomes.filter(({ state }) => state === "owed") ?? [];
  expect(owed).toMatchObject([{ source: "snapshot", reason: expect.stringContaining("made meanwhile") }]);
  await expectRun(["subject", "retry", "--yes"], { cwd: own });
  for (const folder of ["backups", "offsite"])
    expect({ folder, has: holdsWord(ANN)(everything(join(own, folder))) }).toEqual({ folder, has: false });
  await expectRun(["verify", "offsite"], { cwd: own });
});

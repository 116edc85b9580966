/** What a server lets go of: only where that is wanted, only what verified copies hold as it is now, and nothing that is held. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { BEGIN_MS, makeLedger } from "../plugins/sqlite/databases.ts";
import { ledger } from "../plugins/sqlite/project.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";

setDefaultTimeout(120_000);

const DAY = 86_400_000;
const HOUR = 3_600_000;
const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A project with a ledger of a hundred days, one row a day, the last half a day old. */
function project(retention: string, kind = "transient") {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  worm: { plugin: sqlite, path: worm.db, save: rows, class: ${kind}, ledger: ${ledger} }\nstores:\n  offsite: { plugin: directory, path: ./offsite }\ncopies: [offsite]\nretention: ${retention}\n`,
  });
  const path = join(cwd, "worm.db");
  const now = Date.now();
  makeLedger(path, 100, (ms) => BigInt(now - (100 - (ms - BEGIN_MS) / HOUR) * DAY + DAY / 2)).close();
  return { cwd, path };
}

const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
const apply = (cwd: string, ...args: readonly string[]) =>
  inside(cwd, "retention", "apply", "--only", "servers", "--yes", ...args);

async function save(cwd: string): Promise<void> {
  const saved = await inside(cwd, "export", "--all");
  expect(saved.exitCode, saved.stderr).toBe(0);
}

function rowsIn(path: string): number {
  using database = new Database(path);
  return database.query<{ n: number }, []>("SELECT count(*) AS n FROM entries").get()?.n ?? 0;
}

/** As a row that arrives late: with an old time, at the end. */
function addLate(path: string): void {
  using database = new Database(path);
  const columns = database.query<{ name: string }, []>("SELECT name FROM pragma_table_info('entries')").all();
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  const values = columns.map(({ name }) => (name === "id" ? "'late'" : `"${name}"`)).join(", ");
  database.run(
    `INSERT INTO entries (${names}) SELECT ${values} FROM entries ORDER BY rowid LIMIT 1 OFFSET 5`,
  );
}

const ON = "{ servers: true }";

test("nothing goes before a verified copy holds it; then what is past its time goes, and the rest stays", async () => {
  const { cwd, path } = project(ON);
  const before = await apply(cwd);
  expect([before.exitCode, before.stdout]).toEqual([
    3,
    expect.stringContaining("no complete, verified copy"),
  ]);
  expect(rowsIn(path)).toBe(100);
  await save(cwd);
  const done = await apply(cwd, "--json");
  expect(done.exitCode, done.stdout + done.stderr).toBe(0);
  expect(rowsIn(path)).toBe(30);
  expect((await inside(cwd, "audit", "verify")).exitCode).toBe(0);
  const told = eventsIn((await inside(cwd, "audit", "--json")).stdout).slice(-2);
  expect(told.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "retention_apply started",
    "retention_apply success",
  ]);
  const again = await apply(cwd);
  expect([again.exitCode, again.stderr, rowsIn(path)]).toEqual([
    0,
    expect.stringContaining("nothing was let go"),
    30,
  ]);
});

test("what has come since with an older time is in no copy, and stays with all behind it until it is saved", async () => {
  const { cwd, path } = project(ON);
  await save(cwd);
  addLate(path);
  const left = await apply(cwd);
  expect([left.exitCode, left.stdout + left.stderr]).toEqual([
    3,
    expect.stringContaining("no complete, verified copy"),
  ]);
  expect(rowsIn(path)).toBe(101);
});

test("without the setting nothing on a server goes, and a copy whose place has lost it counts for nothing", async () => {
  const off = project("{ servers: false }");
  await save(off.cwd);
  expect([(await apply(off.cwd)).exitCode, rowsIn(off.path)]).toEqual([0, 100]);
  const lost = project(ON);
  await save(lost.cwd);
  await Bun.$`rm -rf ${join(lost.cwd, "offsite")}`.quiet();
  expect([(await apply(lost.cwd)).exitCode, rowsIn(lost.path)]).toEqual([3, 100]);
});

test("what need not be kept at all needs no copy; the last row stays, since the next one names its hash", async () => {
  const { cwd, path } = project("{ servers: true, classes: { nothing: 0s } }", "nothing");
  const done = await apply(cwd);
  expect([done.exitCode, rowsIn(path)]).toEqual([0, 1]);
});

test("what is held stays, and goes with a plan of its own when the hold has ended", async () => {
  const { cwd, path } = project(ON);
  await save(cwd);
  const hold = await inside(
    cwd,
    ...["retention", "hold", "add", "audit", "--backend", "worm", "--to", "60d", "--no-export"],
  );
  expect(hold.exitCode, hold.stderr).toBe(0);
  const held = await apply(cwd);
  expect([held.exitCode, held.stdout, rowsIn(path)]).toEqual([0, expect.stringContaining("it is held"), 100]);
  expect((await inside(cwd, "retention", "hold", "end", "audit", "--yes")).exitCode).toBe(0);
  expect(rowsIn(path)).toBe(100);
  expect([(await apply(cwd)).exitCode, rowsIn(path)]).toEqual([0, 30]);
});

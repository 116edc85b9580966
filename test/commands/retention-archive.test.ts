/** Old rows of a ledger move into a place: not before they are proved there, not without agreement, and back again. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BEGIN_MS, makeLedger } from "../plugins/sqlite/databases.ts";
import { ledger } from "../plugins/sqlite/project.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const DAY = 86_400_000;
const HOUR = 3_600_000;
const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const NAMES = /^\d{8}-\d{6}(-\d+)?$/;

/** A project with a ledger of a thousand days, one row a day, of which the last is of yesterday. */
function project(archive: string): { readonly cwd: string; readonly path: string } {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  worm: { plugin: sqlite, path: worm.db, save: rows, ledger: ${ledger} }\nstores:\n  offsite: { plugin: directory, path: ./offsite }\narchive:\n  worm: ${archive}\n`,
  });
  const path = join(cwd, "worm.db");
  const now = Date.now();
  makeLedger(path, 1_000, (ms) => BigInt(now - (1_000 - (ms - BEGIN_MS) / HOUR) * DAY)).close();
  return { cwd, path };
}

const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
const archive = (cwd: string, ...args: readonly string[]) => inside(cwd, "retention", "archive", ...args);
const copies = (cwd: string): string[] =>
  existsSync(join(cwd, "offsite"))
    ? readdirSync(join(cwd, "offsite")).filter((name) => NAMES.test(name))
    : [];

function rowsOf(path: string): string[] {
  using database = new Database(path);
  return database.query("SELECT rowid, * FROM entries ORDER BY rowid").values().map(String);
}

const DELETE = "{ after: 730d, to: offsite, then: delete }";

test("old rows are saved, copied, proved there, and then removed here; the chain holds, and they come back", async () => {
  const { cwd, path } = project(DELETE);
  const before = rowsOf(path);
  const looked = await archive(cwd, "--dry-run");
  expect([looked.exitCode, looked.stdout]).toEqual([0, expect.stringMatching(/worm: 2(69|70|71) rows/)]);
  expect((await archive(cwd)).exitCode).toBe(4);
  expect([rowsOf(path), copies(cwd)]).toEqual([before, []]);

  const done = await archive(cwd, "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(0);
  const { archived } = JSON.parse(done.stdout);
  const gone = archived.removed.rows;
  expect(archived).toMatchObject({ counts: { rows: gone }, state: "expired" });
  expect(rowsOf(path)).toEqual(before.slice(gone));
  expect(copies(cwd)).toEqual([archived.snapshot.name]);
  const note = JSON.parse(readFileSync(`${path}.archive.jsonl`, "utf8"));
  expect([note.rows, note.first.id, note.last.id, note.snapshot]).toEqual([
    gone,
    "e-0",
    `e-${gone - 1}`,
    { name: archived.snapshot.name, sha256: archived.snapshot.sha256, place: "offsite" },
  ]);
  const events = eventsIn((await inside(cwd, "audit", "--operation", "retention_archive", "--json")).stdout);
  expect(events.map(({ outcome }) => outcome).slice(-2)).toEqual(["started", "success"]);

  const exported = await inside(cwd, "export", "--all");
  expect(exported.exitCode, exported.stderr).toBe(0);
  const again = await archive(cwd, "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was archived")]);

  rmSync(join(cwd, "backups"), { recursive: true });
  const restored = await inside(cwd, "restore", `offsite:${archived.snapshot.name}`, "--yes");
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(rowsOf(path)).toEqual(before);
  const whole = await inside(cwd, "export", "--all");
  expect(whole.exitCode, whole.stderr).toBe(0);
});

test("what cannot be let go of is not archived to be deleted, and is archived once to be kept", async () => {
  const { cwd, path } = project(DELETE);
  {
    using database = new Database(path);
    database.run(
      "CREATE TRIGGER worm BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END",
    );
  }
  const refused = await archive(cwd, "--yes");
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("by its trigger worm")]);
  expect(copies(cwd)).toEqual([]);
  const keep = ["--set", "archive.worm.then=keep"];
  const kept = await archive(cwd, "--yes", ...keep);
  expect(kept.exitCode, kept.stderr).toBe(0);
  expect([rowsOf(path).length, copies(cwd).length]).toEqual([1_000, 1]);
  const again = await archive(cwd, "--yes", ...keep);
  expect([again.exitCode, copies(cwd).length]).toEqual([0, 1]);
});

test("nothing goes when the place cannot be written", async () => {
  const { cwd, path } = project(DELETE);
  const failed = await archive(cwd, "--yes", "--set", "stores.offsite.path=worm.db/below");
  expect(failed.exitCode).not.toBe(0);
  expect(rowsOf(path)).toHaveLength(1_000);
  expect(existsSync(`${path}.archive.jsonl`)).toBe(false);
});

test.each([
  ["{ after: 730d, to: nowhere }", 2, "there is no store called"],
  ["{ after: 0s, to: offsite }", 2, "at least 1d"],
  ["{ after: 730d, to: offsite, then: burn }", 2, "archive.worm.then"],
])("%s", async (written, exitCode, message) => {
  const checked = await inside(project(written).cwd, "config", "check");
  expect([checked.exitCode, checked.stdout + checked.stderr]).toEqual([
    exitCode,
    expect.stringContaining(message),
  ]);
});

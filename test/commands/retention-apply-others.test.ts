/** What tasks of their own let go of goes with the same plan: log files by level, and old data into its archive. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BEGIN_MS, makeLedger } from "../plugins/sqlite/databases.ts";
import { ledger } from "../plugins/sqlite/project.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";

setDefaultTimeout(120_000);

const told = async (cwd: string): Promise<string[]> =>
  eventsIn((await run(["audit", "--json"], { cwd, env: cleanEnv(cwd) })).stdout).map(
    ({ operation, outcome }) => `${operation} ${outcome}`,
  );

test("log files go by their level, each as it is shown, and what is open or held stays", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml":
      "name: shop\nlogs: { directory: logs, levels: { debug: 7d, info: 30d, warning: 90d, error: 365d } }\n",
    "logs/app.debug.log.1": "a\n",
    "logs/app.error.log.1": "b\n",
  });
  const apply = (...args: string[]) => run(["retention", "apply", ...args], { cwd, env: clockOff("+40d") });
  const looked = await apply("--dry-run", "--json");
  expect(JSON.parse(looked.stdout).due).toMatchObject([
    { of: "logs", kind: "log file", name: join(cwd, "logs/app.debug.log.1"), gone: false },
    { of: "logs", name: join(cwd, "logs/app.error.log.1"), reason: expect.stringContaining("is compressed") },
  ]);
  expect((await run(["retention", "hold", "add", "case", "--all", "--no-export"], { cwd })).exitCode).toBe(0);
  const held = await apply("--dry-run");
  expect(held.stdout).toContain("it is held: case");
  expect((await run(["retention", "hold", "end", "case", "--yes"], { cwd })).exitCode).toBe(0);
  const done = await apply("--yes");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(readdirSync(join(cwd, "logs"))).toEqual([expect.stringMatching(/^app\.error\.log\.[-\d]+\.zst$/)]);
  expect(await told(cwd)).toContain("retention_logs success");
});

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

test("old rows move into their archive; what cannot be archived is owed, and keeps nothing else", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  worm: { plugin: sqlite, path: worm.db, save: rows, ledger: ${ledger} }\n  gone: { plugin: sqlite, path: nowhere.db, save: rows, ledger: ${ledger} }\nstores:\n  offsite: { plugin: directory, path: ./offsite }\narchive:\n  gone: { after: 30d, to: offsite, then: delete }\n  worm: { after: 30d, to: offsite, then: delete }\n`,
  });
  const path = join(cwd, "worm.db");
  const now = Date.now();
  makeLedger(path, 100, (ms) => BigInt(now - (99.5 - (ms - BEGIN_MS) / 3_600_000) * 86_400_000)).close();
  const done = await run(["retention", "apply", "--yes", "--json"], { cwd, env: cleanEnv(cwd) });
  expect(done.exitCode, done.stderr).toBe(3);
  const { due, stays } = JSON.parse(done.stdout);
  expect(due).toMatchObject([{ of: "archive", name: "worm", gone: true }]);
  expect(stays).toMatchObject([{ of: "archive", owed: true }]);
  using database = new Database(path);
  const left = database.query<{ n: number }, []>("SELECT count(*) AS n FROM entries").get()?.n;
  expect(left).toBeWithin(29, 32);
  expect(existsSync(join(cwd, "offsite"))).toBe(true);
  expect(await told(cwd)).toContain("retention_archive success");
});

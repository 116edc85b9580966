/** A project whose old rows are to be archived. */
import { Database } from "bun:sqlite";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BEGIN_MS, makeLedger } from "../plugins/sqlite/databases.ts";
import { ledger } from "../plugins/sqlite/project.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const NAMES = /^\d{8}-\d{6}(-\d+)?$/;

/** What is older than two years moves, and goes here. */
export const DELETE = "{ after: 730d, to: offsite, then: delete }";

/** A project with a ledger of a thousand days, one row a day, of which the last is of yesterday. @param more of the configuration */
export function project(archive: string, more = ""): { readonly cwd: string; readonly path: string } {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  worm: { plugin: sqlite, path: worm.db, save: rows, ledger: ${ledger} }\nstores:\n  offsite: { plugin: directory, path: ./offsite }\narchive:\n  worm: ${archive}\n${more}`,
  });
  const path = join(cwd, "worm.db");
  const now = Date.now();
  makeLedger(path, 1_000, (ms) => BigInt(now - (1_000 - (ms - BEGIN_MS) / HOUR) * DAY)).close();
  return { cwd, path };
}

export const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
export const archive = (cwd: string, ...args: readonly string[]) =>
  inside(cwd, "retention", "archive", ...args);

/** The names of the copies in the place. */
export const copies = (cwd: string): string[] =>
  existsSync(join(cwd, "offsite"))
    ? readdirSync(join(cwd, "offsite")).filter((name) => NAMES.test(name))
    : [];

export function rowsOf(path: string): string[] {
  using database = new Database(path);
  return database.query("SELECT rowid, * FROM entries ORDER BY rowid").values().map(String);
}

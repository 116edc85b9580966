/** Machines of one stack: the one that is lost, and the empty one that takes its place. They share nothing but a place for copies. */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeLedger } from "../plugins/sqlite/databases.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";

/** The four servers. */
export const OFF = ["tempo", "mimir", "loki", "grafana"]
  .map((name) => `  ${name}: { enabled: false }\n`)
  .join("");

/** A ledger and a directory, without a server. */
export const OWN = `  worm: { plugin: sqlite, path: worm.db, ledger: { table: entries, time: at, id: id, hash: hash, previous: previous } }
  etc: { plugin: files, path: etc }
`;

export interface MachineOptions {
  /** Where the copies are; default: a new directory. */
  readonly place?: string;
  /** Further settings of the place. */
  readonly stored?: string;
  /** All settings of the place, where it is no directory. */
  readonly offsite?: string;
  /** Lines below `backends`; default {@link OWN}, the four servers off. */
  readonly backends?: string;
  /** Lines of the runbook. */
  readonly steps?: readonly string[];
  /** Further lines of the configuration. */
  readonly more?: string;
}

/** A machine of its own: a home, a configuration that its user has agreed to, and no data. */
export function machine({
  place = temporaryDirectory(),
  stored = "",
  offsite = `{ plugin: directory, path: ${place}${stored} }`,
  backends = OFF + OWN,
  steps = [],
  more = "",
}: MachineOptions = {}) {
  const runbook =
    steps.length === 0 ? "" : `recovery:\n  steps:\n${steps.map((one) => `    - ${one}\n`).join("")}`;
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${backends}stores:\n  offsite: ${offsite}\n${runbook}${more}`,
  });
  return { cwd: agreed(cwd), place };
}

/** What it holds: so many rows, one an hour, and a few files. */
export function fill(cwd: string, rows = 100): void {
  makeLedger(join(cwd, "worm.db"), rows).close();
  mkdirSync(join(cwd, "etc", "app"), { recursive: true });
  for (const [name, text] of Object.entries({
    "app/one.conf": "a = 1\n",
    "app/two.conf": "b = 2\n",
    motd: "hello\n",
  }))
    writeFileSync(join(cwd, "etc", name), text);
}

/** Everything in a directory, by path. */
export const treeOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, "latin1")] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const inside = (cwd: string, ...args: readonly string[]): Promise<Finished> =>
  run(args, { cwd, env: cleanEnv(cwd) });

export async function json(cwd: string, ...args: readonly string[]) {
  const { stdout, stderr, exitCode } = await inside(cwd, ...args, "--json");
  return { printed: stdout === "" ? undefined : JSON.parse(stdout), stderr, exitCode };
}

/** Exports everything and copies it. @returns the public key that the copies are signed with */
export async function saved(cwd: string): Promise<string> {
  for (const args of [
    ["export", "--all"],
    ["snapshots", "copy", "latest", "--to", "offsite"],
  ]) {
    const { exitCode, stderr } = await inside(cwd, ...args);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${exitCode}:\n${stderr}`);
  }
  return String((await json(cwd, "keys", "kit")).printed.publicKey);
}

/** A place with what a lost machine had, and the key of its copies. */
export async function afterLoss(rows = 100) {
  const lost = machine();
  fill(lost.cwd, rows);
  return { ...lost, key: await saved(lost.cwd) };
}

/** Every row of its ledger. */
export const rowsOf = (cwd: string): unknown[] => {
  using database = new Database(join(cwd, "worm.db"), { readonly: true });
  return database.query("SELECT * FROM entries ORDER BY rowid").all();
};

/** The names of the copies in a place. A folder in which nothing is any more, or yet, is none. */
export const copiesIn = (place: string): string[] =>
  readdirSync(place).filter((name) => /^\d{8}-\d{6}/.test(name) && filesIn(join(place, name)) > 0);

/** How many files there are below a directory. */
export const filesIn = (directory: string): number =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length
    : 0;

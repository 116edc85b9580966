/** A large database goes into a place and comes back out of it in the memory that any work may take. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, measure } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { project } from "./project.ts";

const BUDGET = 150e6;

function makeLarge(path: string): void {
  using database = new Database(path, { create: true });
  database.run("PRAGMA synchronous = OFF");
  database.run("CREATE TABLE entries (id INTEGER PRIMARY KEY, content BLOB)");
  database.run(
    "INSERT INTO entries (content) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT randomblob(1000) FROM n",
  );
}

test("export, copy and restore of 205 MB, encrypted", async () => {
  const data = temporaryDirectory({});
  const path = join(data, "large.db");
  const cwd = project(
    `path: ${path} }\nstores:\n  offsite: { plugin: directory, path: ${data}/place, encrypt: [RECIPIENT]`,
  );
  const peakOf = async (...args: readonly string[]): Promise<number> => {
    const { exitCode, peakBytes, stderr } = await measure(args, { cwd, env: cleanEnv(cwd) });
    expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
    return peakBytes;
  };
  const identity = join(data, "identity");
  const { stdout: recipient } = await measure(["keys", "new", identity], { cwd: data, env: cleanEnv(cwd) });
  const configuration = join(cwd, "contextcore.yaml");
  const text = await Bun.file(configuration).text();
  await Bun.write(configuration, text.replace("RECIPIENT", recipient.trim()));
  await peakOf("config", "trust", "--yes");
  await peakOf("keys", "check", "--identity", identity);
  makeLarge(path);
  const idle = await peakOf("inventory");
  const peaks = {
    export: await peakOf("export"),
    copy: await peakOf("snapshots", "copy", "latest", "--to", "offsite"),
  };
  rmSync(path);
  rmSync(join(cwd, "backups"), { recursive: true });
  const restore = await peakOf("restore", "offsite:latest", "--yes", "--identity", identity);
  const over = Object.entries({ ...peaks, restore }).filter(([, peak]) => peak - idle > BUDGET);
  expect(over.map(([what, peak]) => `${what}: ${Math.round((peak - idle) / 1e6)} MB`)).toEqual([]);
  using restored = new Database(path, { readonly: true });
  expect(restored.query("SELECT count(*) AS n, sum(length(content)) AS bytes FROM entries").get()).toEqual({
    n: 200_000,
    bytes: 200_000_000,
  });
}, 300_000);

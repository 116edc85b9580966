/** A database is examined beside whatever else the program does. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { examine } from "../../../plugins/sqlite/examine.ts";
import { PluginError } from "../../../src/contract/contextcore.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { makeDatabase } from "./databases.ts";

const NEVER = new AbortController().signal;

function makeSlow(path: string): void {
  using database = new Database(path, { create: true });
  database.run("PRAGMA synchronous = OFF");
  database.run(
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, hash TEXT); CREATE INDEX by_hash ON entries (hash)",
  );
  database.run(
    "INSERT INTO entries (hash) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT printf('%064d', i) FROM n",
  );
}

/** How long the work took, and the longest time for which nothing else could run. ms */
async function watched(work: Promise<unknown>): Promise<{ whole: number; gap: number }> {
  const began = performance.now();
  let [last, gap, isDone] = [began, 0, false];
  const look = (): void => {
    const now = performance.now();
    [gap, last] = [Math.max(gap, now - last), now];
    if (!isDone) setTimeout(look, 1);
  };
  setTimeout(look, 1);
  await work;
  isDone = true;
  return { whole: performance.now() - began, gap };
}

test("other work goes on meanwhile", async () => {
  const path = join(temporaryDirectory({}), "slow.db");
  makeSlow(path);
  const { whole, gap } = await watched(examine(path, NEVER));
  expect(gap).toBeLessThan(whole / 2);
});

test("Ctrl-C ends it at once", async () => {
  const path = join(temporaryDirectory({}), "slow.db");
  makeSlow(path);
  const controller = new AbortController();
  const examined = examine(path, controller.signal);
  controller.abort(new Error("stop"));
  expect(await examined.catch((error) => error.message)).toBe("stop");
});

test("what it finds and what it cannot open are the same as anywhere", async () => {
  const directory = temporaryDirectory({
    "text.db": "this is no database, but it is long enough to be looked at",
  });
  const path = join(directory, "sound.db");
  makeDatabase(path).close();
  expect(await examine(path, NEVER)).toEqual({
    flaws: [],
    dangling: [],
    unchecked: [],
    tables: 2,
    rows: 1_204,
  });
  expect((await examine(join(directory, "text.db"), NEVER)).flaws).toEqual(["file is not a database"]);
  const failure = await examine(join(directory, "none.db"), NEVER).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PluginError);
  expect(failure).toMatchObject({ kind: "not-found" });
});

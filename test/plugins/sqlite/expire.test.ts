/** The oldest rows of a ledger go, and the chain of its hashes is proved across the cut. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../../src/contract/contract.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { append, BEGIN_MS, LEDGER, makeLedger } from "./databases.ts";
import { backendFor, isInFiles } from "./people.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const HOUR = 3_600_000;
const after = (rows: number): bigint => BigInt(BEGIN_MS + rows * HOUR) * 1_000_000n;
const ledgerOf = (rows: number): string => {
  const path = join(temporaryDirectory(), "worm.db");
  makeLedger(path, rows).close();
  return path;
};
const open = (path: string): Backend => backendFor(path, { save: "rows", ledger: LEDGER });
const expire = (backend: Backend, before: bigint, rows?: number) =>
  backend.expire?.(
    {
      before,
      ...(rows === undefined
        ? {}
        : { saved: { counts: { rows }, snapshot: { name: "s", sha256: "5f".repeat(32) } } }),
    },
    NEVER,
  );
const idsIn = (path: string): string[] => {
  using database = new Database(path);
  return database.query("SELECT id FROM entries ORDER BY rowid").values().flat().map(String);
};

/** The rows that an export names as not linked to the one before them. */
async function breaksOf(path: string): Promise<readonly string[]> {
  const { export: exporter } = open(path);
  const range = { from: 0n, to: after(1_000_000) };
  const { cursors } = await exporter.start({ range }, NEVER);
  const steps = await Promise.all(cursors.map((cursor) => exporter.step(cursor, NEVER)));
  return steps.flatMap(({ problems = [] }) => problems.flatMap(({ items = [] }) => items));
}

test("what is older goes, is noted by its two ends, and the chain goes on", async () => {
  const path = ledgerOf(100);
  const backend = open(path);
  const found = await backend.findExpired?.({ before: after(40) }, NEVER);
  expect(found).toEqual({ counts: { rows: 40 }, oldest: after(0) });
  expect(await expire(backend, after(40), 40)).toEqual({ state: "expired", counts: { rows: 40 } });
  expect(idsIn(path)).toEqual(Array.from({ length: 60 }, (_, n) => `e-${n + 40}`));
  expect(isInFiles(path, "entry 39 ")).toBe(false);
  const [line, rest] = readFileSync(`${path}.archive.jsonl`, "utf8").trimEnd().split("\n");
  expect(rest).toBeUndefined();
  const { first, last, rows, snapshot } = JSON.parse(line ?? "");
  expect([first.id, last.id, rows, snapshot.name]).toEqual(["e-0", "e-39", 40, "s"]);
  expect(await breaksOf(path)).toEqual([]);
  using database = new Database(path);
  const next = database.query<{ previous: string }, []>("SELECT previous FROM entries LIMIT 1").get();
  expect(next?.previous).toBe(last.hash);
});

test("rows that go missing at the cut are noticed by an export, and by the next cut", async () => {
  const path = ledgerOf(100);
  await expire(open(path), after(40));
  {
    using database = new Database(path);
    database.run("DELETE FROM entries WHERE id = 'e-40'");
  }
  expect(await breaksOf(path)).toEqual(["e-41"]);
  const answer = await expire(open(path), after(60));
  expect([answer?.state, answer?.reason]).toEqual([
    "impossible",
    expect.stringContaining("does not name the hash of the last one that was archived"),
  ]);
  expect(idsIn(path)).toHaveLength(59);
});

test("the newest row stays, whatever its age; rows that come later continue it", async () => {
  const path = ledgerOf(5);
  expect(await expire(open(path), after(1_000))).toEqual({ state: "expired", counts: { rows: 4 } });
  expect(await expire(open(path), after(1_000))).toEqual({ state: "expired", counts: { rows: 0 } });
  {
    using database = new Database(path, { safeIntegers: true });
    const last = database.query<{ hash: string }, []>("SELECT hash FROM entries").get()?.hash ?? "";
    database.query("INSERT INTO entries VALUES ('e-5', ?, 'x', ?, 'h')").run(BEGIN_MS + 5 * HOUR, last);
  }
  expect(await breaksOf(path)).toEqual([]);
});

test("a row with an older time behind younger ones stays: a ledger is cut once, and not in pieces", async () => {
  const path = ledgerOf(10);
  {
    using database = new Database(path);
    append(database, 1, () => BigInt(BEGIN_MS));
  }
  const found = await open(path).findExpired?.({ before: after(5) }, NEVER);
  expect(found?.counts).toEqual({ rows: 5 });
  await expire(open(path), after(5));
  expect(idsIn(path)).toEqual(["e-5", "e-6", "e-7", "e-8", "e-9", "e-10"]);
});

test("more rows than the snapshot holds: nothing goes", async () => {
  const path = ledgerOf(100);
  const answer = await expire(open(path), after(40), 39);
  expect([answer?.state, answer?.reason]).toEqual(["owed", expect.stringContaining("has 40 rows")]);
  expect(idsIn(path)).toHaveLength(100);
});

test("an append-only ledger lets no row go, and says so before", async () => {
  const path = ledgerOf(10);
  {
    using database = new Database(path);
    database.run(
      "CREATE TRIGGER worm BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END",
    );
  }
  const reason = "The table entries does not let rows go (by its trigger worm)";
  const found = await open(path).findExpired?.({ before: after(5) }, NEVER);
  expect([found?.counts, found?.impossible]).toEqual([{ rows: 5 }, `${reason}.`]);
  const answer = await expire(open(path), after(5));
  expect([answer?.state, answer?.reason]).toEqual(["impossible", `${reason}: append only.`]);
  expect(idsIn(path)).toHaveLength(10);
  // It was noted, and not done: the chain is as it was.
  expect(await breaksOf(path)).toEqual([]);
});

test("a database without a ledger, and a selector", async () => {
  const path = ledgerOf(10);
  expect((await backendFor(path).findExpired?.({ before: after(5) }, NEVER))?.impossible).toContain(
    "option `ledger`",
  );
  const held = { before: after(5), except: ["x"] };
  expect((await open(path).expire?.(held, NEVER))?.state).toBe("impossible");
  expect(idsIn(path)).toHaveLength(10);
});

test("a damaged note is an error, and no rows go", async () => {
  const path = ledgerOf(10);
  writeFileSync(`${path}.archive.jsonl`, "{}\n");
  expect(expire(open(path), after(5))).rejects.toThrow("archive.jsonl");
  expect(idsIn(path)).toHaveLength(10);
});

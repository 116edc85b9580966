/** The rules that every backend is held to, run on this one: for databases as files, and for the rows of a ledger. */
import { describe } from "bun:test";
import { join } from "node:path";
import sqlite from "../../../plugins/sqlite/index.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { BEGIN_MS, LEDGER, makeDatabase, makeLedger } from "./databases.ts";

const directory = temporaryDirectory();
makeDatabase(join(directory, "app.db")).close();
makeLedger(join(directory, "worm.db"), 500).close();
const empty = temporaryDirectory();
makeLedger(join(empty, "worm.db"), 0).close();

const range = { from: BigInt(BEGIN_MS) * 1_000_000n, to: BigInt(BEGIN_MS + 400 * 3_600_000) * 1_000_000n };
const OF_RANGES = ["export-within-range", "count-within-range", "restore-within-range"];
const waived = (more: readonly string[] = []) => [
  "limits",
  "count-split-is-whole",
  ...more,
  ...MATCH_RULES,
  ...SERVER_RULES,
];

describe("a file", () =>
  testBackend({
    subject: { id: "beyond 2^53", where: "tasks.title={id}" },
    declaration: sqlite,
    options: { path: join(directory, "app.db") },
    empty: { path: join(temporaryDirectory(), "app.db") },
    range,
    waived: waived(OF_RANGES),
  }));

describe("a ledger's rows", () =>
  testBackend({
    subject: { id: "47", where: "entries.body~entry {id}" },
    declaration: sqlite,
    options: { path: join(directory, "worm.db"), save: "rows", ledger: LEDGER },
    empty: { path: join(empty, "worm.db"), save: "rows", ledger: LEDGER },
    range,
    waived: waived(),
  }));

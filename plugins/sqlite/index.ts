/** SQLite databases: each saved as a file, and a ledger row by row. */
import { definePlugin, v } from "contextcore";
import { expire, findExpired } from "./archive/expire.ts";
import { withDatabase } from "./database.ts";
import { nameOf, read, type Saved, savesRows, start, step } from "./export.ts";
import { databaseFiles } from "./files.ts";
import { look, sizeOf } from "./inventory.ts";
import { countLedger, ledgerOption } from "./ledger.ts";
import { createRestorer } from "./restore.ts";
import { eraseFound } from "./subject/erase.ts";
import { findRows } from "./subject/find.ts";
import { createStored } from "./subject/stored.ts";

export default definePlugin({
  name: "sqlite",
  about: "SQLite databases: a file, a pattern of files, or an append-only ledger row by row",
  signals: ["records"],
  importance: "high",
  options: v.object({
    path: v.pipe(
      v.string(),
      v.description("The database file, or a pattern of files (data/*.db)"),
      v.metadata({ path: true, reaches: "path", holds: true }),
    ),
    save: v.optional(
      v.pipe(
        v.picklist(["both", "file", "rows"]),
        v.description("What to save: the file, a ledger's rows, or both"),
      ),
      "both",
    ),
    ledger: v.optional(
      v.pipe(
        ledgerOption,
        v.description(
          "A table to which rows are only appended: its name (table), its columns (time, id), and hash and previous if each row names the hash of the row before it",
        ),
      ),
    ),
  }),
  backend: ({ options, limits: { stepBytes } }) => {
    const saved: Saved = { path: options.path, save: options.save, ledger: options.ledger };
    const { ledger } = saved;
    return {
      inventory: (signal) => look(saved, signal),
      size: (signal) => sizeOf(saved, signal),
      export: {
        start: (request, signal) => start(saved, request, signal),
        step: async (cursor, signal) => step(cursor, ledger, { stepBytes, signal }),
        split: async (cursor) => ({ items: [nameOf(cursor)] }),
        read: (cursor, signal) => read(cursor, stepBytes, signal),
      },
      async count({ range }, signal) {
        signal.throwIfAborted();
        if (ledger === undefined || !savesRows(saved)) return undefined;
        const files = databaseFiles(saved.path);
        const rows = files.map(({ path }) =>
          withDatabase(path, "read", (one) => countLedger(one, ledger, range)),
        );
        return { rows: rows.reduce((sum, count) => sum + count, 0) };
      },
      restore: createRestorer(saved),
      find: (request, signal) => findRows(saved, request, signal),
      erase: async (request, signal) => eraseFound(saved, request, signal),
      stored: createStored(options.path),
      findExpired: async (request, signal) => findExpired(saved, request, signal),
      expire: (request, signal) => expire(saved, request, signal),
    };
  },
});

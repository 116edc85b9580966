/** A backend for one SQLite database: its schema as a file, every table's rows as lines of JSON. */
import { definePlugin, option, v } from "contextcore";
import { countRows } from "./database.ts";
import { start, step } from "./export.ts";
import { look } from "./inventory.ts";
import { createRestorer } from "./restore.ts";

export default definePlugin({
  name: "example/sqlite",
  about: "A SQLite database: its schema and every table's rows",
  version: "1.0.0",
  signals: ["logs"],
  importance: "high",
  options: v.object({
    file: option.path("The database file", "app.db"),
  }),
  backend: ({ options: { file }, limits: { stepBytes } }) => ({
    inventory: async (signal) => look(file, signal),
    size: async () => ({ bytes: Bun.file(file).size, source: "disk" }),
    count: async (_request, signal) => countRows(file, signal),
    export: {
      start: (request, signal) => start(file, request, signal),
      step: (cursor, signal) => step(file, cursor, { stepBytes, signal }),
    },
    restore: createRestorer(file),
  }),
});

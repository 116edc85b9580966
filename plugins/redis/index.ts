/** Redis and Valkey: a dump of one moment, as a replica gets it, or key by key. */
import { definePlugin } from "contextcore";
import { withConnection } from "./connection.ts";
import { nameOf, readDump, start, step } from "./export.ts";
import { infoOf } from "./info.ts";
import { look, sizeOf } from "./inventory.ts";
import { createRestorer } from "./restore.ts";
import { options as schema, serverOf } from "./settings.ts";

export default definePlugin({
  name: "redis",
  about: "Redis and Valkey: everything at one moment, or key by key",
  signals: ["records"],
  importance: "medium",
  tried: ["Redis 7.0", "Redis 8.0", "Valkey 9.1"],
  options: schema,
  backend: ({ options, limits: { stepBytes } }) => {
    const server = serverOf(options);
    return {
      inventory: (signal) =>
        withConnection(server, signal, async (connection) => look(await infoOf(connection))),
      size: (signal) =>
        withConnection(server, signal, async (connection) => sizeOf(await infoOf(connection))),
      export: {
        start: ({ range }, signal) => start(server, { read: options.read, range }, signal),
        step: (cursor, signal) => step(server, cursor, signal),
        split: async (cursor) => ({ items: [nameOf(cursor)] }),
        read: (_cursor, signal) => readDump(server, stepBytes, signal),
      },
      restore: createRestorer(server, options.file),
    };
  },
});

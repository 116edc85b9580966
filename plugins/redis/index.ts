/** Redis and Valkey: a dump of one moment, as a replica gets it, or key by key. */
import { definePlugin } from "contextcore";
import { withConnection } from "./connection.ts";
import { eraseKeys } from "./erase.ts";
import { nameOf, read, start } from "./export.ts";
import { findKeys } from "./find.ts";
import { infoOf } from "./info.ts";
import { look, sizeOf } from "./inventory.ts";
import { createRestorer } from "./restore.ts";
import { options as schema, serverOf } from "./settings.ts";
import { storedKeys } from "./stored.ts";

export default definePlugin({
  name: "redis",
  about: "Redis and Valkey: everything at one moment, or key by key",
  signals: ["records"],
  importance: "medium",
  tried: ["Redis 7.0", "Redis 8.0", "Valkey 9.1"],
  options: schema,
  scratch: {
    programs: ["valkey-server", "redis-server"],
    args: ["-"],
    input:
      'bind 127.0.0.1\nport {port}\ndir "{directory}"\nrequirepass {secret}\nsave ""\nappendonly no\ndaemonize no\n',
    options: { address: "127.0.0.1:{port}", password: "{secret}" },
    keeps: ["read"],
  },
  backend: ({ options, limits: { stepBytes } }) => {
    const server = serverOf(options);
    return {
      inventory: (signal) =>
        withConnection(server, signal, async (connection) => look(await infoOf(connection))),
      size: (signal) =>
        withConnection(server, signal, async (connection) => sizeOf(await infoOf(connection))),
      export: {
        start: async ({ range }) => start(options.read, range),
        step: async () => ({}),
        split: async (cursor) => ({ items: [nameOf(cursor)] }),
        read: (cursor, signal) => read(server, cursor, { stepBytes, signal }),
      },
      restore: createRestorer(server, options.file),
      find: (request, signal) => findKeys(server, request, signal),
      erase: (request, signal) => eraseKeys(server, request, signal),
      stored: storedKeys,
    };
  },
});

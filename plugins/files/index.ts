/** Directories: everything in them as it is, and of an increment only what has changed. */
import { definePlugin, singleFlight, v } from "contextcore";
import { type Earlier, readEarlier } from "./earlier.ts";
import { read, type Saved, start } from "./export.ts";
import { inventoryOf, look, sizeOf } from "./inventory.ts";
import { SEEN, TREE } from "./line.ts";
import { placeOf } from "./names.ts";
import { createRestorer } from "./restore.ts";
import { eraseFiles } from "./subject/erase.ts";
import { findFiles } from "./subject/find.ts";

export default definePlugin({
  name: "files",
  about: "directories: files, links, modes, owners and times; an increment holds only what has changed",
  signals: ["files"],
  importance: "high",
  options: v.object({
    path: v.pipe(
      v.string(),
      v.check((path) => !path.includes("**"), "`**` is not needed: everything in a directory is saved"),
      v.description("The directory, or a pattern of directories (/srv/*/config)"),
      v.metadata({ path: true, reaches: "path", holds: true }),
    ),
    exclude: v.optional(
      v.pipe(
        v.array(v.string()),
        v.description(
          "Patterns of what is left out: of a name at any depth (*.log), or of a path (cache/**)",
        ),
      ),
      [],
    ),
    mounts: v.optional(
      v.pipe(v.boolean(), v.description("Whether to save other file systems that are mounted below it")),
      false,
    ),
    compare: v.optional(
      v.pipe(
        v.picklist(["times", "content"]),
        v.description("How an increment finds what has changed: by size and times, or by reading every file"),
      ),
      "times",
    ),
  }),
  backend: ({ options, limits: { stepBytes } }) => {
    const { path, ...rest } = options;
    const saved: Saved = { ...rest, place: placeOf(path) };
    let earlier: Earlier | undefined;
    /** The inventory and the size are asked for together, and a tree may be large. */
    const looked = singleFlight((signal) => look(saved, signal));
    return {
      inventory: async (signal) => inventoryOf(await looked(signal), saved),
      size: async (signal) => sizeOf(await looked(signal)),
      export: {
        continues: [SEEN, TREE],
        async continueFrom(text, signal) {
          earlier = await readEarlier(text, signal);
        },
        start: async (request) => start(saved, request),
        step: async () => ({}),
        split: async () => ({ items: [saved.place.root] }),
        read(cursor, signal) {
          const from = earlier;
          earlier = undefined;
          return read(saved, cursor, { earlier: from, stepBytes, signal });
        },
      },
      restore: createRestorer(saved.place.root),
      find: (request, signal) => findFiles(saved, request, signal),
      erase: (request, signal) => eraseFiles(saved.place.root, request, signal),
    };
  },
});

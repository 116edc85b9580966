/** The log of what models were asked and answered: runs with their tool calls and messages, as records. */
import { definePlugin, directorySize, parseDuration, type Size, undefinedOn, v } from "contextcore";
import { read, splitCursor, start } from "./export.ts";
import { look } from "./inventory.ts";
import { recordedIn, type Saved, withLog } from "./log.ts";
import { createRestorer } from "./restore.ts";
import { eraseFound, findRuns } from "./subject.ts";

export default definePlugin({
  name: "activity",
  about: "The log of what models were asked and answered (docs/activity.md)",
  signals: ["records"],
  importance: "low",
  options: v.object({
    path: v.optional(
      v.pipe(
        v.string(),
        v.description("The database of runs; default: `activity.path`"),
        v.metadata({ path: true, reaches: "path", holds: true, follows: "path" }),
      ),
      ".contextcore/activity.db",
    ),
    export: v.optional(
      v.pipe(
        v.picklist(["metadata", "content"]),
        v.description(
          "What is saved: that something was said (metadata), or also what (content); default: `activity.export`",
        ),
        v.metadata({ follows: "export" }),
      ),
      "metadata",
    ),
    retention: v.optional(
      v.pipe(
        v.number(),
        v.description("How many days runs are kept in it, for the inventory; default: `activity.retention`"),
        v.metadata({ follows: "retention" }),
      ),
      30,
    ),
  }),
  backend({ options, limits: { stepBytes }, clock }) {
    const saved: Saved = { path: options.path, isSaid: options.export === "content" };
    const keeping = { retention: parseDuration("1d") * BigInt(options.retention), clock };
    return {
      inventory: async (signal) => look(saved, keeping, signal),
      size: (signal) => sizeOf(saved, signal),
      export: {
        start: async ({ range }, signal) => start(saved, range, signal),
        step: async (cursor, signal) => read(saved, cursor, { stepBytes, signal }),
        split: async (cursor) => splitCursor(cursor),
      },
      async count({ range }, signal) {
        signal.throwIfAborted();
        return withLog(saved, (log) => log.count(recordedIn(range))) ?? { runs: 0, toolCalls: 0 };
      },
      restore: createRestorer(saved, keeping),
      find: (request, signal) => findRuns(saved, request, signal),
      erase: async (request, signal) => eraseFound(saved, request, signal),
    };
  },
});

/** With what is still in its journal. @throws PluginError */
async function sizeOf({ path }: Saved, signal: AbortSignal): Promise<Size> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) => undefinedOn(directorySize(file, signal), "not-found")),
  );
  return { bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0), source: "disk" };
}

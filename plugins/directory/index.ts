/** A directory on this machine, or on another one whose disk is mounted here, as a store: each object is a file. */
import { definePlugin, PluginError, type Store, v } from "contextcore";
import { createTidy, createWriter } from "./draft.ts";
import { classified } from "./errors.ts";
import { filesBelow } from "./list.ts";
import { lookAt, requireFileName, statusOf } from "./look.ts";
import { readPieces } from "./read.ts";
import { removeFile } from "./remove.ts";

export default definePlugin({
  name: "directory",
  about: "A directory: on another disk, or on another machine's disk that is mounted here",
  options: v.object({
    path: v.pipe(
      v.string(),
      v.nonEmpty("empty: name the directory"),
      v.description("The directory, which is made if needed; a relative path starts at contextcore.yaml"),
      v.metadata({ path: true, reaches: "path" }),
    ),
  }),
  store: ({ options: { path: root }, log }): Store => {
    const tidied = createTidy(root, log);
    const write = createWriter(root, tidied);
    const found = async (name: string) =>
      (await lookAt(root, requireFileName(name))).state === "file" ? statusOf(root, name) : undefined;
    return {
      list: (prefix, signal) => filesBelow(root, prefix, signal),
      stat: (name) => classified(root, () => found(name)),
      async *read(name, range, signal) {
        const status = await classified(root, () => found(name));
        if (status === undefined) throw new PluginError("not-found", `there is no object ${name} in ${root}`);
        yield* readPieces(root, name, range, signal);
      },
      write: (object, signal) => classified(root, () => write(object, signal)),
      remove: (name, signal) =>
        classified(root, async () => {
          await removeFile(root, requireFileName(name));
          await tidied(signal);
        }),
    };
  },
});

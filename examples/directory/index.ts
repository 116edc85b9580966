/** A backend for the files of a directory, or of a tar file, with their modes and times. */
import { definePlugin, fromMs, option, v } from "contextcore";
import { start, step } from "./export.ts";
import { createRestorer } from "./restore.ts";
import { openSource } from "./source.ts";

export default definePlugin({
  name: "example/directory",
  about: "The files of a directory or of a tar file",
  version: "1.0.0",
  signals: ["logs"],
  importance: "medium",
  options: v.object({
    path: option.path("The directory, or the .tar file", "."),
  }),
  backend: ({ options: { path }, limits: { stepBytes } }) => ({
    async inventory(signal) {
      const times: number[] = [];
      let files = 0;
      for await (const entry of openSource(path).entries(signal)) {
        if (entry.mtimeMs !== undefined) times.push(entry.mtimeMs);
        if (entry.kind === "file") files += 1;
      }
      const [oldest, newest] = [Math.min(...times), Math.max(...times)];
      return {
        signals: ["logs"],
        retention: "unlimited",
        counts: { files },
        ...(times.length === 0 ? {} : { oldest: fromMs(oldest), newest: fromMs(newest) }),
      };
    },
    async size(signal) {
      let bytes = 0;
      for await (const entry of openSource(path).entries(signal)) bytes += entry.bytes;
      return { bytes, source: "disk" };
    },
    export: {
      start: (request, signal) => start(path, request, signal),
      step: (cursor, signal) => step(path, cursor, { stepBytes, signal }),
    },
    restore: createRestorer(path),
  }),
});

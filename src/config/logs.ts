/** `logs` of `contextcore.yaml`: a directory of log files that other programs write, and how long what they have written is kept. */
import * as v from "valibot";
import { duration } from "../contract/options.ts";
import { given } from "../units/given.ts";

/** How much a line matters, the least first. */
export const LEVELS = ["debug", "info", "warning", "error"] as const;
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

const KEPT_BY_DEFAULT = { debug: "7d", info: "30d", warning: "90d", error: "365d" } as const;

const kept = (level: Level) =>
  duration(`how long rotated log files with lines of the level ${level} are kept`, KEPT_BY_DEFAULT[level], {
    min: "1h",
    max: "100y",
  });

/** Its settings; durations are texts. */
export const logsSchema = v.nullish(
  v.strictObject({
    directory: v.optional(
      v.pipe(
        v.string(),
        v.nonEmpty("empty: name a directory"),
        v.description("the directory of log files; nothing outside of it is touched"),
      ),
    ),
    levels: v.nullish(
      v.strictObject({
        debug: kept("debug"),
        info: kept("info"),
        warning: kept("warning"),
        error: kept("error"),
      }),
      {},
    ),
  }),
  {},
);

type Written = v.InferOutput<typeof logsSchema>;

/** What is written, with what is the same in every project. */
export const logsIn = (written: Written) => ({
  ...given({ directory: written?.directory }),
  levels: { ...KEPT_BY_DEFAULT, ...written?.levels },
});

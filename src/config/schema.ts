/** The schema of `contextcore.yaml`. The part below a plugin's name is checked by the plugin's own schema. */
import * as v from "valibot";
import { objectOf, openObject } from "../contract/any-names.ts";
import { duration } from "../contract/options.ts";

/** A section may be present but empty. */
const section = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.nullish(v.strictObject(entries), {} as v.InferInput<v.StrictObjectSchema<Entries, undefined>>);

/** A plugin's settings as written: its own schema knows the rest. */
const settings = openObject({ enabled: v.optional(v.boolean()) });

const byPlugin = (about: string) =>
  v.nullish(v.pipe(objectOf(v.nullish(settings, {})), v.description(about)), {});

/** Like {@link settings}; the core reads further instance settings when it opens the instance: see `instances.ts`. */
const instance = openObject({
  enabled: v.optional(v.boolean()),
  plugin: v.optional(
    v.pipe(
      v.string(),
      v.description("the plugin that it is an instance of; default: the one of the same name"),
    ),
  ),
});

/** Backends or stores by the names that the project gives them. */
const byInstance = (about: string) =>
  v.nullish(v.pipe(objectOf(v.nullish(instance, {})), v.description(about)), {});

const positive = (about: string, fallback: number) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.description(about)), fallback);

const commands = (about: string) =>
  v.nullish(
    v.pipe(v.array(v.pipe(v.string(), v.regex(/\S/, "empty: name a command"))), v.description(about)),
    [],
  );

const NAME = /^[^\s/\\](?:[^\n/\\]*[^\s/\\])?$/;

/** Everything in the file but the options of plugins. An unknown key is an error, and what is left out gets its default. */
export const ConfigSchema = v.strictObject({
  name: v.optional(
    v.pipe(
      v.string(),
      v.regex(NAME, "not a name (no slashes, no spaces at the ends)"),
      v.description("the stack's name, typed to confirm a destroy; default: the directory's name"),
    ),
  ),
  backups: v.optional(
    v.pipe(v.string(), v.nonEmpty("empty: name a directory"), v.description("where snapshots are kept")),
    "backups",
  ),
  plugins: v.nullish(v.pipe(v.array(v.string()), v.description("paths of third-party plugins")), []),
  backends: byInstance("the servers, each under its plugin's name, or under a name of its own with `plugin`"),
  sinks: byPlugin("further places for audit events, by plugin"),
  stores: byInstance(
    "places that keep snapshots, each under its plugin's name, or under a name of its own with `plugin`",
  ),
  export: section({
    concurrency: positive(
      "maximum number of concurrent steps of an export, or batches of a restore, for each backend",
      8,
    ),
    recount: duration(
      "time between two counts by a server that confirm each other; 0s: nothing is counted again",
      "5s",
      { max: "1h" },
    ),
  }),
  destroy: section({
    command: v.optional(
      v.pipe(
        v.array(v.string()),
        v.minLength(1, "empty: name the program and its arguments"),
        v.description("what destroys the stack; run without a shell"),
      ),
      ["docker", "compose", "down", "-v"],
    ),
    allow: commands(
      "complete commands that may run although a rule refuses them; `*` in a word: any characters",
    ),
    deny: commands("words that no command may contain in this order; `*` in a word: any characters"),
  }),
  audit: section({
    retention: positive("how many days ordinary events are kept", 90),
    stale_after: positive(
      "minutes of silence after which another host's unfinished operation counts as abandoned",
      60,
    ),
  }),
});

/** The settings of the core, with defaults filled in: durations and sizes are still text. */
export type ConfigValues = v.InferOutput<typeof ConfigSchema>;

/** The schema of `contextcore.yaml`. The part below a plugin's name is checked by the plugin's own schema. */
import * as v from "valibot";
import { objectOf, openObject } from "../contract/any-names.ts";
import { duration } from "../contract/options.ts";
import { activitySchema } from "./activity.ts";
import { archiveSchema } from "./archive.ts";
import { drillSchema } from "./drill.ts";
import { lasting } from "./lasting.ts";
import { logsSchema } from "./logs.ts";
import { notifySchema, pingSchema } from "./notify.ts";
import { retentionSchema } from "./retention.ts";
import { schedulesSchema } from "./schedules.ts";
import { permissionsSchema, serviceSchema } from "./service.ts";
import { subjectsSchema } from "./subjects.ts";

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

const NAMES = v.pipe(
  v.array(v.pipe(v.string(), v.nonEmpty("empty: name a backend"))),
  v.minLength(1, "empty: name a backend"),
);

const KINDS = ["run", "restore", "wait"] as const;

/** One step of the runbook: a command, a restore, or waiting for servers. */
const step = v.pipe(
  v.strictObject({
    run: v.optional(v.pipe(v.array(v.string()), v.minLength(1, "empty: name the program and its arguments"))),
    restore: v.optional(v.union([v.literal("*"), NAMES])),
    wait: v.optional(NAMES),
    for: v.optional(NAMES),
    timeout: duration("how long a command or the waiting may take", "10m", { min: "1s", max: "24h" }),
  }),
  v.check(
    (one) => KINDS.filter((kind) => one[kind] !== undefined).length === 1,
    "a step has one of run, restore and wait",
  ),
  v.check((one) => one.for === undefined || one.restore === undefined, "only run and wait have `for`"),
);

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
  copies: v.nullish(
    v.pipe(
      v.array(v.string()),
      v.description("stores to which every snapshot is copied once it is exported"),
    ),
    [],
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
    policy: v.optional(
      v.pipe(
        v.picklist(["denylist", "allowlist"]),
        v.description(
          "which commands of destroy and of the runbook may run: denylist, whatever no rule and no `deny` refuses; allowlist, of those only what `allow` names",
        ),
      ),
      "denylist",
    ),
    allow: commands(
      "complete commands that may run although a rule refuses them; `*` in a word: any characters",
    ),
    deletes: v.nullish(
      v.pipe(
        v.array(v.pipe(v.string(), v.nonEmpty("empty: name a path"))),
        v.description(
          "all files and directories of this machine that the command deletes; data elsewhere is not touched. Default: none for `docker compose down`, not known for any other command",
        ),
      ),
    ),
    deny: commands("words that no command may contain in this order; `*` in a word: any characters"),
  }),
  recovery: section({
    steps: v.nullish(
      v.pipe(
        v.array(step),
        v.check(
          (all) => all.length === 0 || all.some(({ restore }) => restore !== undefined),
          'no step restores anything: add `- restore: "*"` where the data is to be put back',
        ),
        v.description(
          'the runbook of `recover`, in order: run, a command without a shell; restore, some backends or "*" for the others; wait, until servers answer',
        ),
      ),
      [],
    ),
  }),
  drill: drillSchema,
  archive: archiveSchema,
  audit: section({
    retention: lasting("how long ordinary events are kept, as 90d; a bare number means days", 90, "1d"),
    stale_after: lasting(
      "the silence after which another host's unfinished operation counts as abandoned, as 60m; a bare number means minutes",
      60,
      "1m",
    ),
    cleanup: v.optional(
      v.pipe(
        v.boolean(),
        v.description("whether the service removes events that are older than that, as audit prune does"),
      ),
      false,
    ),
    cleanup_interval: lasting(
      "the time between two of its cleanups, of which the first is at its start, as 24h; a bare number means hours",
      24,
      "1h",
    ),
  }),
  activity: activitySchema,
  subjects: subjectsSchema,
  retention: retentionSchema,
  logs: logsSchema,
  service: serviceSchema,
  permissions: permissionsSchema,
  schedules: schedulesSchema,
  notify: notifySchema,
  ping: pingSchema,
});

/** The settings of the core, with defaults filled in: durations and sizes are still text. */
export type ConfigValues = v.InferOutput<typeof ConfigSchema>;

import type { Archiving } from "./archive.ts";
import type { DrillTarget } from "./drill.ts";
import type { ConfigProblem } from "./errors.ts";
import type { Level } from "./logs.ts";
import type { Receiver } from "./notify.ts";
import type { Retention } from "./retention.ts";
import type { Schedule } from "./schedules.ts";
import type { ConfigValues } from "./schema.ts";
import type { Environment } from "./secrets.ts";
import type { Path } from "./source.ts";
import type { PersonPlace } from "./subjects.ts";

/** The configuration merged from file, environment and defaults. Plugin options are still unchecked. */
export interface Config {
  /** The stack's name, typed to confirm a destroy. Default: the project directory's name. */
  readonly name: string;
  /** The project directory: the folder of `contextcore.yaml`, otherwise the working directory. Absolute. */
  readonly directory: string;
  /** The file it was read from, absolute; absent when there is none. */
  readonly file?: string;
  /** Where snapshots are kept, absolute. Default `backups` in the project directory. */
  readonly backups: string;
  /** Paths or package names of third-party plugins. */
  readonly plugins: readonly string[];
  /** By instance, with options as written; `enabled: false` excludes one. */
  readonly backends: Readonly<Record<string, InstanceSettings>>;
  readonly sinks: Readonly<Record<string, PluginSettings>>;
  /** Places for snapshots by name, as written. */
  readonly stores: Readonly<Record<string, InstanceSettings>>;
  /** The stores to which every export is copied. */
  readonly copies: readonly string[];
  /** These are as their schema has them, which says what each setting means. */
  readonly export: ConfigValues["export"];
  readonly destroy: ConfigValues["destroy"];
  readonly recovery: ConfigValues["recovery"];
  /** Where drills restore to, by backend. */
  readonly drill: Readonly<Record<string, DrillTarget>>;
  /** Whose old data moves into a place, by backend. */
  readonly archive: Readonly<Record<string, Archiving>>;
  readonly audit: {
    /** Days that ordinary events are kept. */
    readonly retention: number;
    /** Minutes after which a `started` event from another host counts as abandoned. */
    readonly staleAfter: number;
    /** The service removes older events by itself. */
    readonly cleanup: boolean;
    /** Hours between two of its cleanups. */
    readonly cleanupInterval: number;
  };
  /** Retention in days; sizes are texts. */
  readonly activity: ConfigValues["activity"];
  /** Where persons show up, by backend: see `subjects.ts`. */
  readonly subjects: Readonly<Record<string, readonly PersonPlace[]>>;
  /** Classes of data, and what belongs to which. */
  readonly retention: Retention;
  /** Log files of other programs, and how long each level is kept. */
  readonly logs: {
    /** As written; absent: there are none. */
    readonly directory?: string;
    /** Durations as texts. */
    readonly levels: Readonly<Record<Level, string>>;
  };
  readonly service: ConfigValues["service"];
  readonly permissions: ConfigValues["permissions"];
  /** Tasks and when they run: see `schedules.ts`. */
  readonly schedules: readonly Schedule[];
  /** Who is told of faults: see `notify.ts`. */
  readonly notify: readonly Receiver[];
  /** What waits for a sign of life. A secret. */
  readonly ping?: string;
  readonly env: Environment;
  /** Values from `--set`, by dotted key: they override the environment and the file. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** The source of a key, for messages: `contextcore.yaml:12`, an environment variable or `--set`. */
  readonly where?: (path: Path) => string;
  /** Invalid values in the file that the environment or `--set` overrides: they would only show where that is not set. */
  readonly shadowed?: readonly ConfigProblem[];
  /** Whether the file, the environment or `--set` sets this core key. */
  readonly isWritten?: (path: Path) => boolean;
  /** The file's value of a core key, with variables by name; `undefined` if something else is in force. */
  readonly fromFile?: (path: Path) => unknown;
  /** The user has not agreed to this project, so no secret file is read. */
  readonly sealed?: boolean;
}

/**
 * What the configuration says of one plugin under its name. The options are as written: no variable is replaced, no schema has
 * checked them.
 */
export interface PluginSettings {
  readonly enabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A backend or a store as written. */
export interface InstanceSettings extends PluginSettings {
  /** The plugin that it is an instance of; absent: the plugin of the same name. */
  readonly plugin?: string;
}

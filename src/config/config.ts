import type { ConfigProblem } from "./errors.ts";
import type { ConfigValues } from "./schema.ts";
import type { Environment } from "./secrets.ts";
import type { Path } from "./source.ts";

/** The configuration after file, environment and defaults are merged; plugin options are still unchecked. */
export interface Config {
  /** The stack's name, typed to confirm a destroy. Default: the project directory's name. */
  readonly name: string;
  /** The project directory: where `contextcore.yaml` lies, else the working directory. Absolute. */
  readonly directory: string;
  /** The file it was read from, absolute; absent when there is none. */
  readonly file?: string;
  /** Where snapshots are kept, absolute. Default `backups` in the project directory. */
  readonly backups: string;
  /** Paths or package names of third-party plugins. */
  readonly plugins: readonly string[];
  /** By instance, options as written; `enabled: false` leaves one out. */
  readonly backends: Readonly<Record<string, InstanceSettings>>;
  readonly sinks: Readonly<Record<string, PluginSettings>>;
  /** These two are as their schema has them, which says what each setting means. */
  readonly export: ConfigValues["export"];
  readonly destroy: ConfigValues["destroy"];
  readonly audit: {
    /** Days that ordinary events are kept. */
    readonly retention: number;
    /** Minutes after which a `started` event of another host counts as abandoned. */
    readonly staleAfter: number;
  };
  readonly env: Environment;
  /** What `--set` said, by dotted key: it wins over the environment and the file. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** `contextcore.yaml:12`, an environment name or `--set` for a key, for messages. */
  readonly where?: (path: Path) => string;
  /** Wrong values of the file that the environment or `--set` hides: they are found out only where that is not set. */
  readonly hidden?: readonly ConfigProblem[];
  /** Whether the file, the environment or `--set` says something of the core's key. */
  readonly isWritten?: (path: Path) => boolean;
  /** What the file says of the core's key, variables still by name; `undefined` where something else is in force. */
  readonly fromFile?: (path: Path) => unknown;
  /** Its user has not agreed to this project: no secret's file is read. */
  readonly sealed?: boolean;
}

export interface PluginSettings {
  readonly enabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is written of a backend. */
export interface InstanceSettings extends PluginSettings {
  /** Whose instance it is; absent: of the plugin of its name. */
  readonly plugin?: string;
}

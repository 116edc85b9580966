/** A plugin: what it declares, and what it is given. */
import type * as v from "valibot";
import type { Backend } from "./backend.ts";
import type { HttpClient } from "./http.ts";
import type { Sink } from "./sink.ts";
import type { Store } from "./store.ts";
import type { Importance, Signal } from "./values.ts";

/** The contract's major version. A plugin made for another version is refused. */
export const CONTRACT_VERSION = 1;

/** Options are declared once, as a valibot object. Configuration, environment variables, help and docs follow from it. */
export type OptionsSchema = v.ObjectSchema<v.ObjectEntries, v.ErrorMessage<v.ObjectIssue> | undefined>;

/** A plugin is a value with a name, options, and at least one of a backend, a sink and a store. */
export interface Plugin<Schema extends OptionsSchema = OptionsSchema> {
  /** Lower case. A third party's name is `vendor/name`. */
  readonly name: string;
  /** What it is for, in one line. */
  readonly about: string;
  /** The major version of the contract it was written for. Default 1. */
  readonly contract?: number;
  readonly version?: string;
  readonly options: Schema;
  /** What its backend holds, known without asking a server: `export --no-traces` then need not contact it. */
  readonly signals?: readonly Signal[];
  /** How much losing the backend's data would matter, unless the instance's configuration says so. Default medium. */
  readonly importance?: Importance;
  /**
   * The data files within the directory that an instance's setting `data` names. They are what is measured, if the first of
   * them exists. Default: the whole directory.
   */
  readonly dataFiles?: readonly string[];
  /**
   * Running servers that it was tried with, such as `Loki 3.8`, each saved and put back record for record. `doctor` tells who
   * runs another version.
   */
  readonly tried?: readonly string[];
  /** How a drill starts an empty server of this kind for itself; absent: it does not. */
  readonly scratch?: ScratchServer;
  /** Hosts (`name` or `name:port`) that it may talk to, besides the host of its option `url`. */
  readonly hosts?: readonly string[];
  readonly backend?: (context: Context<v.InferOutput<Schema>>) => Backend;
  readonly sink?: (context: Context<v.InferOutput<Schema>>) => Sink;
  readonly store?: (context: Context<v.InferOutput<Schema>>) => Store;
}

/**
 * A server that is started for one drill on this machine and killed after it. In its texts `{port}` stands for a free port of
 * 127.0.0.1, `{directory}` for an empty directory that goes with it, and `{secret}` for a password of its own.
 */
export interface ScratchServer {
  /** Names of programs, of which the first is started that is on the PATH. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  /** What it reads from its standard input: a password does not belong among the arguments, which everybody can see. */
  readonly input?: string;
  /** The options with which the backend is opened for it. */
  readonly options: Readonly<Record<string, string>>;
  /** Options of the instance that the backend has there, too: those that decide what is saved. */
  readonly keeps?: readonly string[];
}

/** What a plugin is given. A plugin should reach the outside only through this. */
export interface Context<Options> {
  /**
   * Validated options with defaults filled in. A third-party plugin's process never holds the credentials that the client sends
   * (`password`, `token` and `headers` if they are secret, and those in `url`): `***` stands for them.
   */
  readonly options: Options;
  /** Bound to the option `url`, with its authentication, tenant and time limit. Throws classified errors. */
  readonly http: HttpClient;
  readonly log: Logger;
  /** Now, ns since the epoch: by the server's clock if its answers show that it differs from ours. */
  readonly clock: () => bigint;
  readonly limits: {
    /** About how many bytes of records one step should yield at most. */ readonly stepBytes: number;
  };
}

/** Messages for the person at the terminal, on stderr with the plugin's name. Secret option values are redacted. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** Declares a plugin: returns it unchanged, with its types. */
export const definePlugin = <Schema extends OptionsSchema>(plugin: Plugin<Schema>): Plugin<Schema> => plugin;

/** A plugin: what it declares, and what it is given. */
import type * as v from "valibot";
import type { Backend } from "./backend.ts";
import type { HttpClient } from "./http.ts";
import type { Sink } from "./sink.ts";
import type { Store } from "./store.ts";
import type { Importance, Signal } from "./values.ts";

/** The contract's major version. A plugin made for another one is refused. */
export const CONTRACT_VERSION = 1;

/** Options are declared once, as a valibot object; configuration, environment, help and docs follow from it. */
export type OptionsSchema = v.ObjectSchema<v.ObjectEntries, v.ErrorMessage<v.ObjectIssue> | undefined>;

/** What a plugin is: a value with a name, options, and at least one of a backend, a sink and a store. */
export interface Plugin<Schema extends OptionsSchema = OptionsSchema> {
  /** Lower case. A third party's is `vendor/name`. */
  readonly name: string;
  /** One line: what it is for. */
  readonly about: string;
  /** The major version of the contract that it was written for. Default 1. */
  readonly contract?: number;
  readonly version?: string;
  readonly options: Schema;
  /** What its backend holds, said without asking a server: `export --no-traces` then need not reach it. */
  readonly signals?: readonly Signal[];
  /** How much it matters to lose what its backend holds, unless the configuration says so for the instance. Default medium. */
  readonly importance?: Importance;
  /**
   * Of the directory that the setting `data` of an instance names, the files that hold its data: they are measured, where the
   * first of them is there. Default: all that is in it.
   */
  readonly dataFiles?: readonly string[];
  /** Hosts (`name` or `name:port`) that it may talk to, besides that of its `url` option. */
  readonly hosts?: readonly string[];
  readonly backend?: (context: Context<v.InferOutput<Schema>>) => Backend;
  readonly sink?: (context: Context<v.InferOutput<Schema>>) => Sink;
  readonly store?: (context: Context<v.InferOutput<Schema>>) => Store;
}

/** What a plugin is given; there is no other way to the outside that it should use. */
export interface Context<Options> {
  /**
   * Validated options, defaults filled in. Credentials that the client sends (`password`, `token`, `headers` where they are
   * secret, those in `url`) are not in the process of a plugin that is not built in: `***` stands for them.
   */
  readonly options: Options;
  /** Bound to the option `url`, with its authentication, tenant and time limit. Throws classified errors. */
  readonly http: HttpClient;
  readonly log: Logger;
  /** Now, ns since the epoch: by the server's clock, where its answers say that it differs from ours. */
  readonly clock: () => bigint;
  readonly limits: {
    /** About how many bytes of records one step should yield at most. */ readonly stepBytes: number;
  };
}

/** Lines for the person at the terminal, on stderr with the plugin's name; secrets of its options are blotted out. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** Declares a plugin; gives the types, changes nothing. */
export const definePlugin = <Schema extends OptionsSchema>(plugin: Plugin<Schema>): Plugin<Schema> => plugin;

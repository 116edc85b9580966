import type { Backend, JsonObject, Plugin, Sink, Store } from "../contract/contract.ts";

/** A plugin that was loaded, configured and opened. */
export interface OpenBackend {
  readonly name: string;
  readonly plugin: Plugin;
  readonly backend: Backend;
  /** Now, by its server's clock as far as its answers have told it; absent: by ours. ns */
  readonly clock?: () => bigint;
  /** Base URL without credentials; absent for a plugin without a server. */
  readonly url?: string;
  /** As which tenant it reads and writes, empty for none; absent for a plugin without tenants. */
  readonly tenant?: string;
}

export interface OpenSink {
  readonly name: string;
  readonly plugin: Plugin;
  readonly sink: Sink;
  /** Its options as they may be shown, without secrets: the trail records when they change. */
  readonly settings?: JsonObject;
  /** What tells that an option changed, a secret one too, by the option's name: see `optionFingerprints`. */
  fingerprints?(key: string): Readonly<Record<string, string>>;
}

export interface OpenStore {
  readonly name: string;
  readonly plugin: Plugin;
  readonly store: Store;
}

/** A plugin that could not be loaded or opened. It never takes the others down: the caller reports it. */
export interface OpenFailure {
  readonly name: string;
  readonly error: Error;
}

export interface OpenPlugins {
  readonly backends: readonly OpenBackend[];
  readonly sinks: readonly OpenSink[];
  readonly failures: readonly OpenFailure[];
  /** Ends the processes of strangers' plugins now; they end with the program anyway. */
  readonly end?: () => Promise<void>;
}

import type { DataClass } from "../config/instances.ts";
import type { Backend, JsonObject, Plugin, Sink, Store } from "../contract/contract.ts";

/** A plugin that was loaded, configured and opened. */
export interface OpenBackend {
  /** The instance: by this it is asked for, and its data is saved and found again. */
  readonly name: string;
  /** Under which name the configuration has it, where that is another: it is one of several tenants. */
  readonly configured?: string;
  /** Its folder in a snapshot, where another instance of its plugin has the files at the top; absent: it has them. */
  readonly folder?: string;
  /** By what class its data is kept, where the configuration says so; else what its importance says. */
  readonly class?: DataClass;
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

/** Of a snapshot's claims, what says whose data it is. */
export interface SavedSource {
  readonly name: string;
  readonly plugin?: string;
}

/**
 * The backend that saved data belongs to: the instance of that name. What was saved under a plugin's own name belongs to the
 * instance that has the plugin's files at the top, when none is called so any more.
 */
export const backendOf = (
  { name, plugin }: SavedSource,
  backends: readonly OpenBackend[],
): OpenBackend | undefined =>
  backends.find((one) => one.name === name) ??
  (plugin === undefined
    ? backends.find((one) => one.plugin.name === name && one.folder === undefined)
    : undefined);

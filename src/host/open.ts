import type { Config } from "../config/config.ts";
import type { Backend, JsonObject, LifecycleRule, Plugin, Sink, Store } from "../contract/contract.ts";

/** A plugin that was loaded, configured and opened. */
export interface OpenBackend {
  /** The instance's name: it is requested by this name, and its data is saved and found under it. */
  readonly name: string;
  /** Its name in the configuration, if that differs because it is one of several tenants. */
  readonly configured?: string;
  /** Its folder in a snapshot; absent if its files are at the top, which only one instance of a plugin can have. */
  readonly folder?: string;
  /** The class of its data if the configuration sets one; otherwise it follows from the importance. */
  readonly class?: string;
  /** How long its snapshots stay here once every place of `copies` holds them; absent: as long as nobody removes them. ns */
  readonly keepLocal?: bigint;
  /** What the configuration says of whether it stands beside the stack. */
  readonly beside?: boolean;
  /** Where on this machine its data lies: files and directories; absent for one whose data only its server knows. */
  readonly places?: readonly string[];
  readonly plugin: Plugin;
  readonly backend: Backend;
  /** Now, by its server's clock as far as answers have shown it; absent: use our own clock. ns */
  readonly clock?: () => bigint;
  /** Base URL without credentials; absent for a plugin without a server. */
  readonly url?: string;
  /** The tenant that it reads and writes as, empty for none; absent for a plugin without tenants. */
  readonly tenant?: string;
  /** Opens its plugin with what another configuration says, under another name. @throws ConfigError, or what the plugin throws */
  elsewhere?(at: Elsewhere): Promise<OpenBackend>;
}

/** What a plugin is opened with besides its instances. */
interface Elsewhere {
  /** The name in `config.backends`; messages have it. */
  readonly name: string;
  readonly config: Config;
  /** In place of the configured one. */
  readonly tenant?: string;
}

/** A sink that audit events can be delivered to, and its settings as the trail may know them. */
export interface OpenSink {
  readonly name: string;
  readonly plugin: Plugin;
  readonly sink: Sink;
  /** Its options without secrets, as they may be shown. The trail records changes of them. */
  readonly settings?: JsonObject;
  /** A fingerprint of each option, by name, that shows when it changes, even a secret one: see `optionFingerprints`. */
  fingerprints?(key: string): Readonly<Record<string, string>>;
}

/** A place for snapshots. */
export interface OpenStore {
  /** The name that the configuration gives it. */
  readonly name: string;
  readonly plugin: Plugin;
  readonly store: Store;
  /** Its options as they are in force, without secrets. */
  readonly settings: JsonObject;
  /** The URLs and paths by which this command's user may name it. */
  readonly addresses?: readonly string[];
  /** The age recipients to which everything that is copied there is encrypted; absent: it is stored as it is. */
  readonly encrypt?: readonly string[];
  /** When data moves to which of its storage classes; absent: never. Times in ns, the shortest first. */
  readonly archive?: NonNullable<LifecycleRule["transitions"]>;
  /** How long copies are locked there: a duration, or `classes`; absent: they are not. */
  readonly retain?: string;
  /** Base URL without credentials; absent for a store without a server. */
  readonly url?: string;
}

/** A plugin that could not be loaded or opened. The caller reports it; the others are not affected. */
export interface OpenFailure {
  readonly name: string;
  /** Of an instance: its plugin's name. */
  readonly plugin?: string;
  readonly error: Error;
}

/**
 * The names of the backends that a word means: the one of that name; or the tenants of the instance of that name; or all
 * instances of the plugin of that name.
 */
export function namesMeantBy(
  word: string,
  { backends, failures }: Pick<OpenPlugins, "backends" | "failures">,
): string[] {
  const all = [
    ...backends.map(({ name, configured = name, plugin }) => ({ name, configured, plugin: plugin.name })),
    ...failures.map(({ name, plugin = name }) => ({ name, configured: name, plugin })),
  ];
  const ways = (["name", "configured", "plugin"] as const).map((key) =>
    all.filter((one) => one[key] === word),
  );
  return (ways.find((found) => found.length > 0) ?? []).map(({ name }) => name);
}

/** All that the configuration opens. One that cannot be opened is a failure and keeps nobody else from being opened. */
export interface OpenPlugins {
  readonly backends: readonly OpenBackend[];
  readonly sinks: readonly OpenSink[];
  /** Only opened where they are wanted: see `LoadingOptions.stores`. */
  readonly stores: readonly OpenStore[];
  readonly failures: readonly OpenFailure[];
  /** Ends the processes of third-party plugins now; they would end with the program anyway. */
  readonly end?: () => Promise<void>;
}

/** The part of a snapshot's claims that tells whose data it is. */
interface SavedSource {
  readonly name: string;
  readonly plugin?: string;
}

/**
 * The backend that saved data belongs to: the instance of that name. If no instance has that name any more and it is a
 * plugin's own name, the data belongs to the instance that has the plugin's files at the top.
 */
export const backendOf = (
  { name, plugin }: SavedSource,
  backends: readonly OpenBackend[],
): OpenBackend | undefined =>
  backends.find((one) => one.name === name) ??
  (plugin === undefined
    ? backends.find((one) => one.plugin.name === name && one.folder === undefined)
    : undefined);

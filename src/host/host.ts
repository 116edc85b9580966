/** Opens the configured plugins. A failing one is reported and never affects the others. */

import type { Config } from "../config/config.ts";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import { configuredAs, enabledInstances, enabledStores } from "../config/instances.ts";
import { type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import type { Plugin } from "../contract/contract.ts";
import { inParallel } from "../units/in-parallel.ts";
import { asError } from "../units/message-of.ts";
import { isAskedFor, type Loaded, type LoadingOptions, loadPlugins, storesWanted } from "./load-plugins.ts";
import {
  namesMeantBy,
  type OpenBackend,
  type OpenFailure,
  type OpenPlugins,
  type OpenSink,
  type OpenStore,
} from "./open.ts";
import { type LoadedPlugin, type OpeningOptions, openBackend, openSink, openStore } from "./opening.ts";
import { unknownNames } from "./unknown-names.ts";

/** Which plugins to load, and how to open them. */
export interface HostOptions extends OpeningOptions, LoadingOptions {}

/**
 * Loads the plugins that are needed, checks their options and opens them. Backends are opened unless `enabled: false`; sinks
 * only if they are configured, stores only if they are wanted as well. If a name of `only` is nobody's, everything is opened, so that the caller can say what there is.
 */
export async function openPlugins(config: Config, options: HostOptions): Promise<OpenPlugins> {
  const opened = await openNeeded(config, options);
  if (options.only?.every((word) => namesMeantBy(word, opened).length > 0) ?? true) return opened;
  await opened.end?.();
  return openNeeded(config, { ...options, only: [] });
}

async function openNeeded(config: Config, options: HostOptions): Promise<OpenPlugins> {
  const loaded = await loadPlugins(config, options);
  const faces = await inParallel(loaded.plugins, (one) => openFaces(one, config, options), AT_ONCE);
  const end = async (): Promise<void> =>
    void (await Promise.all(loaded.plugins.map(({ apart }) => apart?.end())));
  return {
    backends: faces.flatMap(({ backends }) => backends),
    sinks: faces.flatMap(({ sinks }) => sinks),
    stores: faces.flatMap(({ stores }) => stores),
    failures: [...loadFailures(loaded, config, options), ...faces.flatMap(({ failures }) => failures)],
    end,
  };
}

/** How many plugins are opened at once. */
const AT_ONCE = 4;

function loadFailures(loaded: Loaded, config: Config, options: HostOptions): OpenFailure[] {
  const known = new Set(loaded.failures.map(({ name }) => name));
  const unknown = unknownNames(loaded, config, options).filter(({ name }) => !known.has(name));
  return [...loaded.failures, ...unknown];
}

/** Opens one plugin's backends, its sink and its stores; of a backend that was not asked for, only the options are checked. */
async function openFaces(one: LoadedPlugin, config: Config, options: HostOptions) {
  const { name } = one.plugin;
  const isWanted = isAskedFor(name, config, options);
  const own: OpenBackend[] = [];
  const sinks: OpenSink[] = [];
  const stores: OpenStore[] = [];
  const failures: OpenFailure[] = [];
  const attempt = async (as: string, open: () => Promise<unknown>): Promise<void> => {
    try {
      await open();
    } catch (error) {
      failures.push({ name: as, plugin: name, error: asError(error) });
    }
  };
  for (const instance of enabledInstances(name, config, one.onlyNamed))
    await attempt(instance, async () => {
      if (isWanted) own.push(...(await openBackend(one, config, options, instance)));
      else if (one.plugin.backend !== undefined)
        resolveOptions(configuredAs(instance, one.plugin), "backends", config);
    });
  const backends = inFolders(own, failures);
  await attempt(name, async () => sinks.push(...(await openSink(one, config, options))));
  for (const store of storesWanted(name, config, options))
    await attempt(store, async () => stores.push(...(await openStore(one, config, options, store))));
  if (backends.length + sinks.length + stores.length === 0) await one.apart?.end();
  return { backends, sinks, stores, failures };
}

/**
 * The instance named after its plugin has the files at the top of a snapshot; if there is none, the plugin's first instance.
 * All others have a folder of their own name, even in an export of just that one.
 */
function inFolders(own: readonly OpenBackend[], failures: readonly OpenFailure[]): OpenBackend[] {
  const names = [...own, ...failures].map(({ name }) => name);
  return own.map((one, index) => {
    const isAtTop = names.includes(one.plugin.name) ? one.name === one.plugin.name : index === 0;
    return isAtTop ? one : { ...one, folder: one.name };
  });
}

/** Plugins that are not opened: only their declarations are known. */
export interface DeclaredPlugins {
  readonly backends: readonly DeclaredInstance[];
  readonly sinks: readonly DeclaredInstance[];
  readonly stores: readonly DeclaredInstance[];
  readonly failures: readonly OpenFailure[];
}

/** A plugin under the name of an instance, a sink or a store. */
interface DeclaredInstance extends Pick<OpenBackend, "configured" | "url" | "tenant"> {
  readonly name: string;
  readonly plugin: Plugin;
}

/** Like {@link openPlugins}, but only checks the options and opens nothing. @throws ConfigError naming every problem */
export async function declarePlugins(
  config: Config,
  options: Pick<HostOptions, "builtIns">,
): Promise<DeclaredPlugins> {
  const { plugins, failures } = await loadPlugins(config, { ...options, stores: true });
  const problems: ConfigProblem[] = [];
  const checked = (kind: PluginKind): DeclaredInstance[] =>
    plugins.flatMap((loaded) => {
      const { plugin } = loaded;
      if (plugin[FACE_OF[kind]] === undefined) return [];
      return namesOf(loaded, kind, config).map((name) => {
        problems.push(...wrongOptions(() => resolveOptions(configuredAs(name, plugin), kind, config)));
        return { name, plugin };
      });
    });
  const declared = {
    backends: checked("backends"),
    sinks: checked("sinks"),
    stores: checked("stores"),
    failures,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return declared;
}

function wrongOptions(resolve: () => unknown): readonly ConfigProblem[] {
  try {
    resolve();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

const FACE_OF = { backends: "backend", sinks: "sink", stores: "store" } as const;

/** The names under which a plugin is used. */
function namesOf(
  { plugin: { name }, onlyNamed }: LoadedPlugin,
  kind: PluginKind,
  config: Config,
): readonly string[] {
  if (kind === "backends") return enabledInstances(name, config, onlyNamed);
  if (kind === "stores") return enabledStores(name, config);
  return config.sinks[name]?.enabled === true ? [name] : [];
}

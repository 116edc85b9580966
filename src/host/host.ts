/** Opens the configured plugins. A failing one is reported and never affects the others. */
import type { Config } from "../config/config.ts";
import { configuredAs, enabledInstances } from "../config/instances.ts";
import { type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import type { Plugin } from "../contract/contract.ts";
import { boundsFrom } from "./apart/bounds.ts";
import type { BuiltIn } from "./built-in.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import { locatePlugin } from "./locate.ts";
import type { OpenBackend, OpenFailure, OpenPlugins, OpenSink } from "./open.ts";
import { type LoadedPlugin, type OpeningOptions, openBackend, openSink } from "./opening.ts";
import { pluginFiles } from "./trust/files.ts";
import { readLock } from "./trust/lock.ts";
import { requireTrust } from "./trust/trust.ts";
import { unknownNames } from "./unknown-names.ts";

export interface HostOptions extends OpeningOptions {
  /** Only these plugins; default: all that are enabled. */
  readonly only?: readonly string[];
  /** The program's built-in plugins, in order. */
  readonly builtIns: readonly BuiltIn[];
}

/**
 * Loads the built-in plugins and those in `config.plugins`, checks their options and opens them. Backends are opened unless
 * `enabled: false`; sinks only if they are configured.
 */
export async function openPlugins(config: Config, options: HostOptions): Promise<OpenPlugins> {
  const loaded = await loadPlugins(config, options);
  const { plugins } = loaded;
  const failures = [...loaded.failures, ...unknownNames(plugins, config, options)];
  const wanted = (name: string): boolean => options.only?.includes(name) ?? true;
  const backends: OpenBackend[] = [];
  const sinks: OpenSink[] = [];
  const attempt = async (name: string, open: () => Promise<unknown>): Promise<void> => {
    try {
      await open();
    } catch (error) {
      failures.push({ name, error: asError(error) });
    }
  };
  for (const one of plugins) {
    const { name } = one.plugin;
    if (!wanted(name)) continue;
    const own: OpenBackend[] = [];
    for (const instance of enabledInstances(name, config))
      await attempt(instance, async () => own.push(...(await openBackend(one, config, options, instance))));
    backends.push(...inFolders(own, failures));
    await attempt(name, async () => sinks.push(...(await openSink(one, config, options))));
  }
  const isOpen = ({ plugin }: LoadedPlugin): boolean =>
    [...backends, ...sinks].some((opened) => opened.plugin === plugin);
  await Promise.all(plugins.filter((one) => !isOpen(one)).map(({ apart }) => apart?.end()));
  const end = async (): Promise<void> => void (await Promise.all(plugins.map(({ apart }) => apart?.end())));
  return { backends, sinks, failures, end };
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
  readonly failures: readonly OpenFailure[];
}

/** A plugin under the name of an instance or sink. */
export interface DeclaredInstance extends Pick<OpenBackend, "configured" | "url" | "tenant"> {
  readonly name: string;
  readonly plugin: Plugin;
}

/** Like {@link openPlugins}, but only checks the options and opens nothing. */
export async function declarePlugins(
  config: Config,
  options: Pick<HostOptions, "builtIns">,
): Promise<DeclaredPlugins> {
  const { plugins, failures } = await loadPlugins(config, options);
  const checked = (kind: PluginKind): DeclaredInstance[] =>
    plugins.flatMap(({ plugin }) => {
      if (plugin[kind === "backends" ? "backend" : "sink"] === undefined) return [];
      return namesOf(plugin.name, kind, config).map((name) => {
        resolveOptions(configuredAs(name, plugin), kind, config);
        return { name, plugin };
      });
    });
  return { backends: checked("backends"), sinks: checked("sinks"), failures };
}

/** The names under which a plugin is used. */
const namesOf = (plugin: string, kind: PluginKind, config: Config): readonly string[] =>
  kind === "backends"
    ? enabledInstances(plugin, config)
    : config.sinks[plugin]?.enabled === true
      ? [plugin]
      : [];

export interface Loaded {
  readonly plugins: readonly LoadedPlugin[];
  readonly failures: readonly OpenFailure[];
}

/** Loads them and checks their declarations, without opening them. */
export async function loadPlugins(config: Config, options: HostOptions): Promise<Loaded> {
  const plugins: LoadedPlugin[] = [];
  const failures: OpenFailure[] = [];
  const load = async (name: string, from: () => Promise<LoadedPlugin>): Promise<void> => {
    try {
      plugins.push(await distinct(await from(), plugins));
    } catch (error) {
      failures.push({ name, error: asError(error) });
    }
  };
  for (const builtIn of options.builtIns) {
    if (isNeeded(builtIn.name, config, options))
      await load(builtIn.name, async () => ({
        plugin: checkDeclaration(await builtIn.load(), "built-in"),
        source: "built-in",
      }));
  }
  for (const spec of config.plugins) await load(spec, () => loadTrusted(spec, config, options));
  return { plugins, failures };
}

/** @throws UntrustedError when its files differ from those in `contextcore.lock` */
async function loadTrusted(spec: string, config: Config, options: HostOptions): Promise<LoadedPlugin> {
  const location = locatePlugin(spec, config.directory);
  const files = pluginFiles(location);
  requireTrust(spec, files, readLock(config.directory)[spec]);
  const say = options.writeLog ?? (() => {});
  const { loadApart } = await import("./apart/load-apart.ts");
  return { ...(await loadApart({ location, files, say, ...boundsFrom(config.env) })), source: spec };
}

/** A built-in plugin that is neither requested nor enabled is not even loaded. */
function isNeeded(name: string, config: Config, { only }: HostOptions): boolean {
  if (only !== undefined && !only.includes(name)) return false;
  return enabledInstances(name, config).length > 0 || config.sinks[name] !== undefined;
}

/** @throws DeclarationError when another plugin has its name; its process is then ended */
async function distinct(loaded: LoadedPlugin, others: readonly LoadedPlugin[]): Promise<LoadedPlugin> {
  const { name } = loaded.plugin;
  if (!others.some((other) => other.plugin.name === name)) return loaded;
  await loaded.apart?.end();
  throw new DeclarationError(`another plugin is already called ${name}`);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

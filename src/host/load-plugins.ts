/** Loads plugins and checks their declarations: built-in ones in this process, third-party ones each in its own. */

import type { Config } from "../config/config.ts";
import { enabledInstances, enabledStores, pluginOf } from "../config/instances.ts";
import { given } from "../units/given.ts";
import { inParallel } from "../units/in-parallel.ts";
import { asError } from "../units/message-of.ts";
import { boundsFrom } from "./apart/bounds.ts";
import type { BuiltIn } from "./built-in.ts";
import type { OpenFailure } from "./open.ts";
import type { LoadedPlugin } from "./opening.ts";
import { checkDeclaration, DeclarationError, isVendorName } from "./plugin/declaration.ts";
import { locatePlugin } from "./plugin/locate.ts";
import { pluginFiles } from "./trust/files.ts";
import { type LockEntry, type PluginLock, readLock } from "./trust/lock.ts";
import { requireTrust } from "./trust/trust.ts";

/** Which plugins there are, which of them are needed, and who hears of what they print. */
export interface LoadingOptions {
  /** The program's built-in plugins, in order. */
  readonly builtIns: readonly BuiltIn[];
  /** Built-in plugins that are not in use, too: for a list of them. */
  readonly all?: boolean;
  /** Of the third-party plugins only those of these backends and of configured sinks; default, and if empty: all. */
  readonly only?: readonly string[];
  /** The configured stores are wanted, too. */
  readonly stores?: true;
  /** Receives what a third-party plugin prints; absent: nobody hears it. */
  readonly writeLog?: (line: string) => void;
}

/** The plugins whose declaration is sound, and why the others are left out. */
export interface Loaded {
  /** Built-in plugins first, then third-party ones, in configuration order. */
  readonly plugins: readonly LoadedPlugin[];
  /** Names of trusted third-party plugins that were not loaded because nobody asked for them. */
  readonly idle: readonly string[];
  readonly failures: readonly OpenFailure[];
}

/** How many third-party plugins start at once: each is a process. */
const PROCESSES_AT_ONCE = 4;

/** Loads them without opening them. Every third-party plugin must be trusted, but only those that are needed are started. */
export async function loadPlugins(config: Config, options: LoadingOptions): Promise<Loaded> {
  const used = options.builtIns.filter(
    ({ name, onlyNamed }) =>
      options.all ||
      enabledInstances(name, config, onlyNamed).length > 0 ||
      config.sinks[name] !== undefined ||
      storesWanted(name, config, options).length > 0,
  );
  const builtIn = await inParallel(used, (one) => attempt([one.name], () => loadBuiltIn(one)));
  return distinct([...builtIn, ...(await loadForeign(config, options))]);
}

/** What became of one plugin. */
type Attempt = LoadedPlugin | { readonly idle: string } | { readonly failures: readonly OpenFailure[] };

/** @param names under which a failure is reported */
async function attempt(names: readonly string[], load: () => Promise<Attempt>): Promise<Attempt> {
  try {
    return await load();
  } catch (cause) {
    const error = asError(cause);
    return { failures: names.map((name) => ({ name, error })) };
  }
}

const loadBuiltIn = async ({ load, onlyNamed }: BuiltIn): Promise<LoadedPlugin> => ({
  plugin: checkDeclaration(await load(), "built-in"),
  source: "built-in",
  ...given({ onlyNamed }),
});

async function loadForeign(config: Config, options: LoadingOptions): Promise<Attempt[]> {
  const { plugins: specs, directory } = config;
  if (specs.length === 0) return [];
  let lock: PluginLock;
  try {
    lock = readLock(directory);
  } catch (error) {
    return [await attempt(specs, () => Promise.reject(error))];
  }
  const load = (spec: string): Promise<Attempt> => {
    const names = options.only?.filter((one) => pluginAsked(one, config) === lock[spec]?.name) ?? [];
    return attempt(names.length > 0 ? names : [spec], () => loadTrusted(spec, lock[spec], config, options));
  };
  return inParallel(specs, load, PROCESSES_AT_ONCE);
}

/** @throws UntrustedError when its files differ from those in `contextcore.lock` */
async function loadTrusted(
  spec: string,
  entry: LockEntry | undefined,
  config: Config,
  options: LoadingOptions,
): Promise<Attempt> {
  const location = locatePlugin(spec, config.directory);
  const files = pluginFiles(location);
  requireTrust(spec, files, entry);
  if (entry !== undefined && !isNeeded(entry.name, config, options)) return { idle: entry.name };
  const say = options.writeLog ?? (() => {});
  const { loadApart } = await import("./apart/load-apart.ts");
  return { ...(await loadApart({ location, files, say, ...boundsFrom(config.env) })), source: spec };
}

/** @param name as the plugin called itself when it was trusted; if that is not a name, only loading it can tell */
function isNeeded(name: string, config: Config, options: LoadingOptions): boolean {
  if (!isVendorName(name) || config.sinks[name]?.enabled === true) return true;
  if (storesWanted(name, config, options).length > 0) return true;
  return isAskedFor(name, config, options) && enabledInstances(name, config).length > 0;
}

/** The plugin's stores that are to be opened. */
export const storesWanted = (
  plugin: string,
  config: Config,
  { stores }: Pick<LoadingOptions, "stores">,
): readonly string[] => (stores === true ? enabledStores(plugin, config) : []);

/** Whether a backend of this plugin was asked for. */
export const isAskedFor = (
  plugin: string,
  config: Config,
  { only = [] }: Pick<LoadingOptions, "only">,
): boolean => only.length === 0 || only.some((name) => pluginAsked(name, config) === plugin);

/** The plugin of a backend that was asked for by its name, or by that of one of its tenants. */
const pluginAsked = (name: string, config: Config): string => pluginOf(name.replace(/@.*/s, ""), config);

/** Refuses the second plugin of a name; its process is then ended. */
async function distinct(attempts: readonly Attempt[]): Promise<Loaded> {
  const plugins: LoadedPlugin[] = [];
  const failures: OpenFailure[] = attempts.flatMap((one) => ("failures" in one ? one.failures : []));
  for (const one of attempts) {
    if (!("plugin" in one)) continue;
    const { name } = one.plugin;
    if (plugins.every(({ plugin }) => plugin.name !== name)) plugins.push(one);
    else {
      await one.apart?.end();
      failures.push({
        name: one.source,
        error: new DeclarationError(`another plugin is already called ${name}`),
      });
    }
  }
  return { plugins, idle: attempts.flatMap((one) => ("idle" in one ? one.idle : [])), failures };
}

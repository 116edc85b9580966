/** Opens the plugins that a configuration names. One that fails is reported and never takes the others down. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import { BUILT_INS, type BuiltIn } from "../registry.ts";
import { createContext, type Options } from "./context.ts";
import type { Context, Plugin } from "./contract.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import { loadPlugin } from "./load.ts";
import { locatePlugin } from "./locate.ts";
import { logLevel } from "./logger.ts";
import type { OpenBackend, OpenFailure, OpenPlugins, OpenSink } from "./open.ts";

export interface HostOptions {
  /** Only these plugins; default all that are enabled. */
  readonly only?: readonly string[];
  readonly debug?: boolean;
  readonly builtIns?: readonly BuiltIn[];
  /** Where a plugin's log lines go; default stderr. */
  readonly writeLog?: (line: string) => void;
  readonly clock?: () => bigint;
}

/**
 * Loads the built-in plugins and those that `config.plugins` names, checks their options and opens them.
 * Backends are opened unless `enabled: false`; sinks only when they are configured.
 */
export async function openPlugins(config: Config, options: HostOptions = {}): Promise<OpenPlugins> {
  const loaded = await loadPlugins(config, options);
  const { plugins } = loaded;
  const failures = [...loaded.failures, ...unknownNames(loaded, config, options)];
  const wanted = (name: string): boolean => options.only?.includes(name) ?? true;
  const backends: OpenBackend[] = [];
  const sinks: OpenSink[] = [];
  for (const plugin of plugins) {
    if (!wanted(plugin.name)) continue;
    const attempt = (open: () => void): void => {
      try {
        open();
      } catch (error) {
        failures.push({ name: plugin.name, error: asError(error) });
      }
    };
    attempt(() => void backends.push(...openBackend(plugin, config, options)));
    attempt(() => void sinks.push(...openSink(plugin, config, options)));
  }
  return { backends, sinks, failures };
}

interface Loaded {
  readonly plugins: Plugin[];
  readonly failures: OpenFailure[];
}

async function loadPlugins(config: Config, options: HostOptions): Promise<Loaded> {
  const plugins: Plugin[] = [];
  const failures: OpenFailure[] = [];
  const load = async (name: string, from: () => Promise<Plugin>): Promise<void> => {
    try {
      plugins.push(distinct(await from(), plugins));
    } catch (error) {
      failures.push({ name, error: asError(error) });
    }
  };
  for (const builtIn of options.builtIns ?? BUILT_INS) {
    if (isNeeded(builtIn.name, config, options))
      await load(builtIn.name, async () => checkDeclaration(await builtIn.load(), "built-in"));
  }
  for (const spec of config.plugins) {
    await load(spec, async () => loadPlugin(locatePlugin(spec, config.directory)));
  }
  return { plugins, failures };
}

/** A built-in that is neither wanted nor enabled is not even loaded. */
function isNeeded(name: string, config: Config, { only }: HostOptions): boolean {
  if (only !== undefined && !only.includes(name)) return false;
  return config.backends[name]?.enabled !== false || config.sinks[name] !== undefined;
}

function distinct(plugin: Plugin, others: readonly Plugin[]): Plugin {
  if (!others.some(({ name }) => name === plugin.name)) return plugin;
  throw new DeclarationError(`another plugin is already called ${plugin.name}`);
}

function openBackend(plugin: Plugin, config: Config, host: HostOptions): OpenBackend[] {
  if (plugin.backend === undefined || config.backends[plugin.name]?.enabled === false) return [];
  const context = contextFor(plugin, "backends", config, host);
  const url = context.http.url === "" ? {} : { url: context.http.url };
  return [{ name: plugin.name, plugin, backend: plugin.backend(context), ...url }];
}

function openSink(plugin: Plugin, config: Config, host: HostOptions): OpenSink[] {
  if (plugin.sink === undefined || config.sinks[plugin.name]?.enabled !== true) return [];
  return [{ name: plugin.name, plugin, sink: plugin.sink(contextFor(plugin, "sinks", config, host)) }];
}

function contextFor(plugin: Plugin, kind: PluginKind, config: Config, host: HostOptions): Context<Options> {
  return createContext(plugin, {
    options: resolveOptions(plugin, kind, config).options,
    logLevel: logLevel(host.debug ?? false, config.env),
    ...(host.writeLog === undefined ? {} : { writeLog: host.writeLog }),
    ...(host.clock === undefined ? {} : { clock: host.clock }),
  });
}

/** Names in the configuration or asked for that no plugin has: a typo there must not leave a backend out silently. */
function unknownNames(loaded: Loaded, config: Config, host: HostOptions): OpenFailure[] {
  const known = [...(host.builtIns ?? BUILT_INS), ...loaded.plugins].map(({ name }) => name);
  const named = [...Object.keys(config.backends), ...Object.keys(config.sinks), ...(host.only ?? [])];
  return [...new Set(named)]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = closest(name, known);
      const hint =
        meant === undefined ? `There are: ${[...new Set(known)].join(", ")}.` : `Did you mean ${meant}?`;
      return { name, error: new DeclarationError(`there is no plugin called ${name}`, hint) };
    });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

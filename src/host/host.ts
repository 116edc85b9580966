/** Opens the plugins that a configuration names. One that fails is reported and never takes the others down. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import type { Plugin } from "../contract/contract.ts";
import { boundsFrom } from "./apart/bounds.ts";
import { loadApart } from "./apart/load-apart.ts";
import type { BuiltIn } from "./built-in.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import { locatePlugin } from "./locate.ts";
import { toStderr } from "./logger.ts";
import type { OpenBackend, OpenFailure, OpenPlugins, OpenSink } from "./open.ts";
import { type LoadedPlugin, type OpeningOptions, openBackend, openSink } from "./opening.ts";
import { pluginFiles } from "./trust/files.ts";
import { readLock } from "./trust/lock.ts";
import { requireTrust } from "./trust/trust.ts";
import { unheardSettings } from "./unheard-settings.ts";

export interface HostOptions extends OpeningOptions {
  /** Only these plugins; default all that are enabled. */
  readonly only?: readonly string[];
  /** Those of this program, in their order. */
  readonly builtIns: readonly BuiltIn[];
}

/**
 * Loads the built-in plugins and those that `config.plugins` names, checks their options and opens them.
 * Backends are opened unless `enabled: false`; sinks only when they are configured.
 */
export async function openPlugins(config: Config, options: HostOptions): Promise<OpenPlugins> {
  const loaded = await loadPlugins(config, options);
  const { plugins } = loaded;
  const failures = [...loaded.failures, ...unknownNames(loaded, config, options)];
  const wanted = (name: string): boolean => options.only?.includes(name) ?? true;
  const backends: OpenBackend[] = [];
  const sinks: OpenSink[] = [];
  for (const one of plugins) {
    const { plugin } = one;
    if (!wanted(plugin.name)) continue;
    const attempt = async (open: () => Promise<unknown>): Promise<void> => {
      try {
        await open();
      } catch (error) {
        failures.push({ name: plugin.name, error: asError(error) });
      }
    };
    await attempt(async () => backends.push(...(await openBackend(one, config, options))));
    await attempt(async () => sinks.push(...(await openSink(one, config, options))));
  }
  const isOpen = ({ plugin: { name } }: LoadedPlugin): boolean =>
    [...backends, ...sinks].some((opened) => opened.name === name);
  await Promise.all(plugins.filter((one) => !isOpen(one)).map(({ apart }) => apart?.end()));
  const end = async (): Promise<void> => void (await Promise.all(plugins.map(({ apart }) => apart?.end())));
  return { backends, sinks, failures, end };
}

/** Plugins that are not opened: what they declare is all there is of them. */
export interface DeclaredPlugins {
  readonly backends: readonly { readonly plugin: Plugin }[];
  readonly sinks: readonly { readonly plugin: Plugin }[];
  readonly failures: readonly OpenFailure[];
}

/** As {@link openPlugins}, with nothing opened: the options are checked, and that is all. */
export async function declarePlugins(
  config: Config,
  options: Pick<HostOptions, "builtIns">,
): Promise<DeclaredPlugins> {
  const { plugins, failures } = await loadPlugins(config, options);
  const checked = (kind: PluginKind): { plugin: Plugin }[] =>
    plugins.flatMap(({ plugin }) => {
      const isOn =
        kind === "backends"
          ? config.backends[plugin.name]?.enabled !== false
          : config.sinks[plugin.name]?.enabled === true;
      if (!isOn || plugin[kind === "backends" ? "backend" : "sink"] === undefined) return [];
      resolveOptions(plugin, kind, config);
      return [{ plugin }];
    });
  return { backends: checked("backends"), sinks: checked("sinks"), failures };
}

export interface Loaded {
  readonly plugins: readonly LoadedPlugin[];
  readonly failures: readonly OpenFailure[];
}

/** Loads them and checks what they declare, without opening them. */
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

/** @throws UntrustedError when its files are not those that `contextcore.lock` lists */
async function loadTrusted(spec: string, config: Config, options: HostOptions): Promise<LoadedPlugin> {
  const location = locatePlugin(spec, config.directory);
  const files = pluginFiles(location);
  requireTrust(spec, files, readLock(config.directory)[spec]);
  const say = options.writeLog ?? toStderr;
  return { ...(await loadApart({ location, files, say, ...boundsFrom(config.env) })), source: spec };
}

/** A built-in that is neither wanted nor enabled is not even loaded. */
function isNeeded(name: string, config: Config, { only }: HostOptions): boolean {
  if (only !== undefined && !only.includes(name)) return false;
  return config.backends[name]?.enabled !== false || config.sinks[name] !== undefined;
}

/** @throws DeclarationError when another plugin has its name; its process is ended then */
async function distinct(loaded: LoadedPlugin, others: readonly LoadedPlugin[]): Promise<LoadedPlugin> {
  const { name } = loaded.plugin;
  if (!others.some((other) => other.plugin.name === name)) return loaded;
  await loaded.apart?.end();
  throw new DeclarationError(`another plugin is already called ${name}`);
}

/** Names in the configuration or asked for that no plugin has: a typo there must not leave a backend out silently. */
function unknownNames(loaded: Loaded, config: Config, host: HostOptions): OpenFailure[] {
  const builtIns = host.builtIns.map(({ name }) => name);
  const known = [...builtIns, ...loaded.plugins.map(({ plugin }) => plugin.name)];
  const named = [...Object.keys(config.backends), ...Object.keys(config.sinks), ...(host.only ?? [])];
  const written = [...new Set(named)]
    .filter((name) => !known.includes(name))
    .map((name) => ({ name, error: new DeclarationError(noSuchPlugin(name), hintFor(name, known)) }));
  return [
    ...written,
    ...unknownSettings(config, [...known, ...named]),
    ...unheardSettings(config, loaded.plugins),
  ];
}

/** The same for the names in `--set backends.NAME.…`. */
const unknownSettings = ({ overrides = {} }: Config, known: readonly string[]): OpenFailure[] =>
  Object.keys(overrides).flatMap((key) => {
    const [, section = "", name = ""] = /^(backends|sinks)\.([^.]+)\./.exec(key) ?? [];
    if (section === "" || known.includes(name)) return [];
    const what = noSuchPlugin(name);
    const problem = { where: "--set", key: `${section}.${name}`, what, hint: hintFor(name, known) };
    return [{ name, error: new ConfigError([problem]) }];
  });

const noSuchPlugin = (name: string): string => `there is no plugin called ${name}`;

function hintFor(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return meant === undefined ? `There are: ${[...new Set(known)].join(", ")}.` : `Did you mean ${meant}?`;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

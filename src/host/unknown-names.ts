/** Finds unknown names in the configuration or on the command line, because a typo must not silently leave out a backend. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { instancesOf, nameObjection, pluginOf } from "../config/instances.ts";
import type { PluginKind } from "../config/resolve-options.ts";
import type { Path } from "../config/source.ts";
import type { Loaded, LoadingOptions } from "./load-plugins.ts";
import type { OpenFailure } from "./open.ts";
import type { LoadedPlugin } from "./opening.ts";
import { DeclarationError, isVendorName } from "./plugin/declaration.ts";
import { sharedVariables } from "./shared-variables.ts";
import { unusedSettings } from "./unused-settings.ts";

/** One failure for each name that is wrong. */
export function unknownNames(
  { plugins: loaded, idle }: Loaded,
  config: Config,
  { builtIns }: Pick<LoadingOptions, "builtIns">,
): OpenFailure[] {
  const plugins = [
    ...new Set([...builtIns.map(({ name }) => name), ...loaded.map(({ plugin }) => plugin.name), ...idle]),
  ];
  const backends = Object.keys(config.backends);
  const others = Object.keys(config.sinks);
  return [
    ...backends.flatMap((name) => wrongBackend(name, config, plugins)),
    ...backends.flatMap((name) => noBackend(name, config, loaded)),
    ...others.filter((name) => !backends.includes(name)).flatMap((name) => unknownPlugin(name, plugins)),
    ...unknownSettings(config, {
      backends: [...plugins.flatMap((name) => instancesOf(name, config)), ...backends],
      sinks: [...plugins, ...Object.keys(config.sinks)],
    }),
    ...unusedSettings(config, loaded),
    ...sharedVariables(loaded, config),
  ];
}

/** An unknown plugin, or an instance with a name that is not allowed. */
function wrongBackend(name: string, config: Config, plugins: readonly string[]): OpenFailure[] {
  const plugin = pluginOf(name, config);
  if (plugin === name) return unknownPlugin(name, plugins);
  const objection = nameObjection(name, plugins);
  return [
    ...(objection === undefined ? [] : [mistake(name, config, [], { what: objection })]),
    ...(plugins.includes(plugin) ? [] : [unknownPluginOf(name, plugin, config, plugins)]),
  ];
}

const unknownPlugin = (name: string, plugins: readonly string[]): OpenFailure[] =>
  plugins.includes(name) ? [] : [{ name, error: notThere(name, plugins) }];

/** A third-party plugin that did not load is reported separately and affects nothing else. */
const unknownPluginOf = (
  name: string,
  plugin: string,
  config: Config,
  plugins: readonly string[],
): OpenFailure =>
  plugin.includes("/") && config.plugins.length > 0
    ? { name, error: notThere(plugin, plugins) }
    : mistake(name, config, ["plugin"], { what: noSuchPlugin(plugin), hint: hintFor(plugin, plugins) });

/** An instance of a plugin that is not a backend. */
function noBackend(name: string, config: Config, loaded: readonly LoadedPlugin[]): OpenFailure[] {
  const declared = loaded.find(({ plugin }) => plugin.name === pluginOf(name, config))?.plugin;
  if (declared === undefined || declared.name === name || declared.backend !== undefined) return [];
  return [mistake(name, config, ["plugin"], { what: `${declared.name} is not a backend` })];
}

interface What {
  readonly what: string;
  readonly hint?: string;
}

function mistake(name: string, config: Config, below: Path, what: What): OpenFailure {
  const path = ["backends", name, ...below];
  const where = config.where?.(path) ?? "the configuration";
  return { name, error: new ConfigError([{ where, key: path.join("."), ...what }]) };
}

/** The same for the names in `--set backends.NAME.…`. */
const unknownSettings = (
  { overrides = {} }: Config,
  known: Readonly<Record<PluginKind, readonly string[]>>,
): OpenFailure[] =>
  Object.keys(overrides).flatMap((key) => {
    const [section = "", name = ""] = key.split(".");
    if ((section !== "backends" && section !== "sinks") || known[section].includes(name)) return [];
    const hint = hintFor(name, known[section]);
    const problem = { where: "--set", key: `${section}.${name}`, what: noSuchPlugin(name), hint };
    return [{ name, error: new ConfigError([problem]) }];
  });

const notThere = (name: string, known: readonly string[]): DeclarationError =>
  new DeclarationError(noSuchPlugin(name), hintFor(name, known));

const noSuchPlugin = (name: string): string => `there is no plugin called ${name}`;

function hintFor(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  if (meant === undefined && isVendorName(name))
    return "`contextcore plugin add PATH` adds a plugin to contextcore.yaml.";
  return meant === undefined ? `Known names: ${[...new Set(known)].join(", ")}.` : `Did you mean ${meant}?`;
}

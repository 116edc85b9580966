/** Finds unknown names in the configuration or on the command line, because a typo must not silently leave out a backend. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { instancesOf, nameObjection, pluginOf, pluginOfStore } from "../config/instances.ts";
import type { PluginKind } from "../config/resolve-options.ts";
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
  const stores = Object.keys(config.stores);
  const others = Object.keys(config.sinks);
  return [
    ...backends.flatMap((name) => wrongInstance("backends", name, config, plugins)),
    ...backends.flatMap((name) => noFace("backends", name, config, loaded)),
    ...stores.flatMap((name) => wrongInstance("stores", name, config, plugins)),
    ...stores.flatMap((name) => noFace("stores", name, config, loaded)),
    ...others
      .filter((name) => ![...backends, ...stores].includes(name))
      .flatMap((name) => unknownPlugin(name, plugins)),
    ...unknownSettings(config, {
      backends: [...plugins.flatMap((name) => instancesOf(name, config)), ...backends],
      sinks: [...plugins, ...Object.keys(config.sinks)],
      stores,
    }),
    ...unusedSettings(config, loaded),
    ...sharedVariables(loaded, config),
  ];
}

/** What is given names of the user's choice. */
type Named = "backends" | "stores";

const pluginIn: Readonly<Record<Named, (name: string, config: Config) => string>> = {
  backends: pluginOf,
  stores: pluginOfStore,
};

/** An unknown plugin, or an instance with a name that is not allowed. */
function wrongInstance(
  section: Named,
  name: string,
  config: Config,
  plugins: readonly string[],
): OpenFailure[] {
  const plugin = pluginIn[section](name, config);
  if (plugin === name) return unknownPlugin(name, plugins);
  const objection = nameObjection(name, plugins);
  return [
    ...(objection === undefined ? [] : [mistake([section, name], config, { what: objection })]),
    ...(plugins.includes(plugin) ? [] : [unknownPluginOf(section, name, plugin, config, plugins)]),
  ];
}

const unknownPlugin = (name: string, plugins: readonly string[]): OpenFailure[] =>
  plugins.includes(name) ? [] : [{ name, error: notThere(name, plugins) }];

/** A third-party plugin that did not load is reported separately and affects nothing else. */
const unknownPluginOf = (
  section: Named,
  name: string,
  plugin: string,
  config: Config,
  plugins: readonly string[],
): OpenFailure =>
  plugin.includes("/") && config.plugins.length > 0
    ? { name, error: notThere(plugin, plugins) }
    : mistake([section, name, "plugin"], config, {
        what: noSuchPlugin(plugin),
        hint: hintFor(plugin, plugins),
      });

/** The plugin of a configured backend has no backend, or that of a store no store. */
function noFace(
  section: Named,
  name: string,
  config: Config,
  loaded: readonly LoadedPlugin[],
): OpenFailure[] {
  const declared = loaded.find(({ plugin }) => plugin.name === pluginIn[section](name, config))?.plugin;
  const face = section === "backends" ? "backend" : "store";
  if (declared === undefined || declared[face] !== undefined) return [];
  const isNamed = declared.name === name;
  // A sink inherits the settings of the backend of its name, so they may stand there.
  if (isNamed && face === "backend") return [];
  const path = isNamed ? [section, name] : [section, name, "plugin"];
  return [mistake(path, config, { what: `${declared.name} is not a ${face}` })];
}

interface What {
  readonly what: string;
  readonly hint?: string;
}

function mistake(path: readonly string[], config: Config, what: What): OpenFailure {
  const [, name = ""] = path;
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
    if (section !== "backends" && section !== "sinks" && section !== "stores") return [];
    if (known[section].includes(name)) return [];
    const said = section === "stores" ? noSuchStore(name, known.stores) : noSuch(name, known[section]);
    const problem = { where: "--set", key: `${section}.${name}`, ...said };
    return [{ name, error: new ConfigError([problem]) }];
  });

const noSuch = (name: string, known: readonly string[]): What => ({
  what: noSuchPlugin(name),
  hint: hintFor(name, known),
});

const noSuchStore = (name: string, known: readonly string[]): What => ({
  what: `there is no store called ${name}`,
  hint:
    known.length === 0 ? "The configuration names none under `stores`." : `Configured: ${known.join(", ")}.`,
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

/** Everything known about one plugin: from its declaration, from opening it, and from the configuration. */

import type { Config } from "../../config/config.ts";
import { enabledStores } from "../../config/instances.ts";
import { describeOption } from "../../config/option-type.ts";
import {
  entriesOf,
  environmentNames,
  type PluginKind,
  resolveOptions,
} from "../../config/resolve-options.ts";
import type { Plugin } from "../../contract/contract.ts";
import { type FaceName, optionalParts, requiredParts } from "../../host/hooks/table.ts";
import { type LoadedPlugin, openBackend, openSink, openStore } from "../../host/opening.ts";
import { readLock } from "../../host/trust/lock.ts";
import { BLOT } from "../../redact/rules.ts";
import { shownSetting } from "../../redact/setting.ts";
import type { PLUGIN_INFO } from "../../results/plugins.ts";
import type { ValueOf } from "../../results/result.ts";
import { given } from "../../units/given.ts";

/** One plugin as `plugin info` prints it. Secrets are only said to be there. */
export type Description = ValueOf<typeof PLUGIN_INFO>;

/** The description to print; it contains no secret. */
export async function describePlugin(loaded: LoadedPlugin, config: Config): Promise<Description> {
  const { plugin, source } = loaded;
  const { name, version, about, hosts, tried } = plugin;
  const sha256 = readLock(config.directory)[source]?.hash;
  return {
    plugin: name,
    ...given({ version }),
    about,
    source,
    ...given({ sha256, hosts: hosts && [...hosts], tried: tried && [...tried] }),
    capabilities: await capabilitiesOf(loaded, config),
    options: optionsOf(plugin, config),
  };
}

/** The parts of the contract that it has. Opening a plugin contacts no server. */
async function capabilitiesOf(loaded: LoadedPlugin, config: Config): Promise<string[]> {
  const { plugin } = loaded;
  const { options = {} } = config.sinks[plugin.name] ?? {};
  const everything = { ...config, backends: {}, sinks: { [plugin.name]: { enabled: true, options } } };
  const [store = plugin.name] = enabledStores(plugin.name, config);
  const backends = await attempt(config, () =>
    openBackend(loaded, { ...everything, backends: enabled(config, plugin) }, { asksNothing: true }),
  );
  const sinks = await attempt(config, () => openSink(loaded, everything, {}));
  const stores = await attempt(config, () => openStore(loaded, everything, {}, store));
  const parts = (face: FaceName, opened: object | undefined): string[] => [
    ...(plugin[face] === undefined ? [] : requiredParts(face)),
    ...(opened === undefined ? [] : optionalParts(face, opened)),
  ];
  return [
    ...parts("backend", backends[0]?.backend),
    ...parts("sink", sinks[0]?.sink),
    ...parts("store", stores[0]?.store),
  ];
}

const enabled = ({ backends }: Config, { name }: Plugin): Config["backends"] => ({
  [name]: { options: backends[name]?.options ?? {}, enabled: true },
});

/** A plugin that cannot or may not be opened shows only what it declares. */
async function attempt<Opened>(
  { sealed }: Config,
  open: () => Promise<readonly Opened[]>,
): Promise<readonly Opened[]> {
  try {
    return sealed ? [] : await open();
  } catch {
    return [];
  }
}

function optionsOf(plugin: Plugin, config: Config): Description["options"] {
  const kind = kindOf(plugin);
  const present = new Map(valuesOf(plugin, kind, config));
  return Object.entries(entriesOf(plugin, kind)).map(([name, schema]) => {
    const { fallback, ...described } = describeOption(name, schema);
    return {
      ...described,
      ...given({ fallback }),
      environment: [...environmentNames(plugin, name, schema, kind)],
      ...present.get(name),
    };
  });
}

/** The section that its options stand in first. */
function kindOf({ backend, sink }: Plugin): PluginKind {
  if (backend !== undefined) return "backends";
  return sink === undefined ? "stores" : "sinks";
}

/** Where each option's value comes from, and the value unless it is secret. */
function valuesOf(plugin: Plugin, kind: PluginKind, config: Config) {
  try {
    const { options, core, found } = resolveOptions(plugin, kind, config);
    const values = { ...core, ...options };
    return found
      .filter(({ key }) => values[key] !== undefined)
      .map(
        ({ key, from, secret }) =>
          [key, { value: secret ? BLOT : shownSetting(values[key]), where: from }] as const,
      );
  } catch {
    // Invalid values are reported, with their lines, by `config check` and by every command that needs them.
    return [];
  }
}

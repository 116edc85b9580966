/** Finds keys of `--set` for existing plugins that would never read them. */
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import type { PluginKind } from "../config/resolve-options.ts";
import type { OpenFailure } from "./open.ts";
import type { LoadedPlugin } from "./opening.ts";

/** A failure for each option of a backend or sink that the plugin does not have, and of a sink that is not configured. */
export function unusedSettings(config: Config, loaded: readonly LoadedPlugin[]): OpenFailure[] {
  const keys = Object.keys(config.overrides ?? {});
  return loaded.flatMap((one) =>
    (["backends", "sinks"] as const).flatMap((section) => {
      const why = whyUnused(section, one, config);
      const prefix = `${section}.${one.plugin.name}.`;
      if (why === undefined) return [];
      return keys
        .filter((key) => key.startsWith(prefix))
        .map((key) => failure(one.plugin.name, key, why(key.slice(prefix.length))));
    }),
  );
}

interface Why {
  readonly what: string;
  readonly hint: string;
}

function whyUnused(
  section: PluginKind,
  { plugin }: LoadedPlugin,
  config: Config,
): ((option: string) => Why) | undefined {
  const { name } = plugin;
  const instead = (what: string, other: PluginKind) => (option: string) => ({
    what,
    hint: `did you mean ${other}.${name}.${option}?`,
  });
  if (section === "backends")
    return plugin.backend === undefined ? instead(`${name} is not a backend`, "sinks") : undefined;
  if (plugin.sink === undefined) return instead(`${name} is not a sink`, "backends");
  if (config.sinks[name] !== undefined) return undefined;
  return () => ({
    what: `the sink ${name} is not configured`,
    hint: `--set sinks.${name}.enabled=true opens it for this run`,
  });
}

const failure = (name: string, key: string, why: Why): OpenFailure => ({
  name,
  error: new ConfigError([{ where: "--set", key, ...why }]),
});

/** The configuration as it is in force: each value with where it came from, secrets masked. */
import type { Config } from "../../config/config.ts";
import { about } from "../../config/introspect.ts";
import { type PluginKind, resolveOptions } from "../../config/resolve-options.ts";
import { withoutSecrets } from "../../http/redact.ts";
import type { OpenPlugins } from "../../plugin/open.ts";

export interface Setting {
  /** Dotted: `backends.loki.url`. */
  readonly key: string;
  /** As YAML or JSON would show it; a secret as `***`. */
  readonly value: unknown;
  /** `--set`, an environment name, `contextcore.yaml:12` or `default`. */
  readonly from: string;
}

/** The core's own settings, then those of every opened plugin. */
export const settingsOf = (config: Config, { backends, sinks }: OpenPlugins): Setting[] => [
  ...coreSettings(config),
  ...backends.flatMap(({ plugin }) => pluginSettings(plugin, "backends", config)),
  ...sinks.flatMap(({ plugin }) => pluginSettings(plugin, "sinks", config)),
];

function coreSettings(config: Config): Setting[] {
  const values: Readonly<Record<string, unknown>> = {
    name: config.name,
    backups: config.backups,
    plugins: config.plugins,
    "export.concurrency": config.export.concurrency,
    "destroy.command": config.destroy.command,
    "audit.retention": config.audit.retention,
    "audit.stale_after": config.audit.staleAfter,
  };
  return Object.entries(values).map(([key, value]) => ({
    key,
    value,
    from: placeOf(config, key.split(".")),
  }));
}

function placeOf(config: Config, path: readonly string[]): string {
  const place = config.isWritten?.(path) === true ? config.where?.(path) : undefined;
  return place ?? "default";
}

function pluginSettings(
  plugin: OpenPlugins["backends"][number]["plugin"],
  kind: PluginKind,
  config: Config,
): Setting[] {
  const { options, found } = resolveOptions(plugin, kind, config);
  return found
    .filter(({ key }) => options[key] !== undefined)
    .map(({ key, from, secret }) => ({
      key: `${kind}.${plugin.name}.${key}`,
      value: secret ? "***" : shown(options[key]),
      from,
    }));
}

const shown = (value: unknown): unknown =>
  typeof value === "string" && /^\w+:\/\//.test(value) ? withoutSecrets(value) : value;

/** Secrets that stand in the file itself, by key and place. */
export function secretsInFile(
  config: Config,
  { backends, sinks }: OpenPlugins,
): { key: string; where: string }[] {
  const entries = [
    ...backends.map(({ plugin }) => ["backends", plugin] as const),
    ...sinks.map(({ plugin }) => ["sinks", plugin] as const),
  ];
  return entries.flatMap(([kind, plugin]) =>
    Object.entries(config[kind][plugin.name]?.options ?? {}).flatMap(([key, value]) => {
      const schema = plugin.options.entries[key];
      const written = typeof value === "string" && !/\$\{|^file:/.test(value);
      if (schema === undefined || !written || about(schema).secret !== true) return [];
      const where = config.where?.([kind, plugin.name, key]) ?? "";
      return [{ key: `${kind}.${plugin.name}.${key}`, where }];
    }),
  );
}

/** The effective configuration: each value with its origin, secrets masked. */

import type * as v from "valibot";
import { expanded } from "../agreement/shown.ts";
import type { Config } from "../config/config.ts";
import { CORE_SETTINGS } from "../config/environment.ts";
import type { ConfigProblem } from "../config/errors.ts";
import { type Configured, configuredAs } from "../config/instances.ts";
import { about, lastingOf, schemaAt, unwrap } from "../config/introspect.ts";
import { entriesOf, type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import { referencesIn } from "../config/secrets.ts";
import { shadowedProblems } from "../config/shadowed.ts";
import type { DeclaredPlugins } from "../host/host.ts";
import { isSecretName } from "../redact/names.ts";
import { BLOT } from "../redact/rules.ts";
import { shownSetting } from "../redact/setting.ts";
import { formatDuration, parseDuration } from "../units/duration.ts";
import { isObject } from "../units/json.ts";

interface Setting {
  /** Dotted: `backends.loki.url`. */
  readonly key: string;
  /** As YAML or JSON would show it; a secret is `***`. */
  readonly value: unknown;
  /** `--set`, an environment variable, `contextcore.yaml:12` or `default`. */
  readonly where: string;
}

/** The core's own settings, then those of every opened plugin. */
export const settingsOf = (config: Config, plugins: DeclaredPlugins): Setting[] => [
  ...coreSettings(config),
  ...openedOf(plugins).flatMap(([kind, named]) => pluginSettings(named, kind, config)),
];

const coreSettings = (config: Config): Setting[] =>
  CORE_SETTINGS.map(({ path, schema }) => ({
    key: path.join("."),
    // One that nobody has set may have no default.
    value: masked(schema, shownSetting(coreValue(config, path) ?? null)),
    where: placeOf(config, path),
  }));

/** The setting's value as people read it: what is a number of days, hours or minutes, as the duration that it is. */
export function readableValue({ key, value }: Pick<Setting, "key" | "value">): unknown {
  const setting = CORE_SETTINGS.find(({ path }) => path.join(".") === key);
  const unit = setting === undefined ? undefined : lastingOf(setting.schema);
  if (unit === undefined || typeof value !== "number") return value;
  if (Number.isInteger(value)) return unit.replace("1", String(value));
  return formatDuration(BigInt(Math.round(value * Number(parseDuration(unit)))));
}

/** Without what the schema declares secret: of an address its server is left. */
function masked(schema: v.GenericSchema, value: unknown): unknown {
  const inner = unwrap(schema);
  const { secret, reaches } = about(schema);
  if (Array.isArray(value) && "item" in inner)
    return value.map((one) => masked(inner.item as v.GenericSchema, one));
  if (isObject(value)) {
    const each = Object.entries(value).map(([key, one]) => {
      const below = schemaAt(inner, [key]);
      return [key, secret ? BLOT : below === undefined ? one : masked(below, one)];
    });
    return Object.fromEntries(each);
  }
  if (!secret || isEmpty(value)) return value;
  return reaches === "address" && URL.canParse(String(value)) ? `${new URL(String(value)).origin}/…` : BLOT;
}

/** What names a secret's variable is shown as it is written. */
function coreValue(config: Config, path: readonly string[]): unknown {
  const written = JSON.stringify(config.fromFile?.(path) ?? null);
  if (!referencesIn(written).some(isSecretName)) return valueAt(config, path);
  return JSON.parse(written, (_, value: unknown) =>
    typeof value === "string" ? expanded(value, config.env) : value,
  );
}

/** `audit.stale_after` of the file is `audit.staleAfter` here. */
function valueAt(config: Config, path: readonly string[]): unknown {
  const names = path.map((key) => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
  return names.reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
    config,
  );
}

function placeOf(config: Config, path: readonly string[]): string {
  const place = config.isWritten?.(path) === true ? config.where?.(path) : undefined;
  return place ?? "default";
}

function pluginSettings(named: Configured, kind: PluginKind, config: Config): Setting[] {
  const { options, core, found } = resolveOptions(named, kind, config);
  const values = { ...core, ...options };
  const path = [kind, named.name, "plugin"];
  const ofPlugin = {
    key: path.join("."),
    value: named.plugin,
    where: config.where?.(path) ?? "the configuration",
  };
  return [
    ...(named.plugin === undefined ? [] : [ofPlugin]),
    ...found
      .filter(({ key }) => values[key] !== undefined)
      .map(({ key, from, secret }) => ({
        key: `${kind}.${named.name}.${key}`,
        value: secret && !isEmpty(values[key]) ? BLOT : shownSetting(values[key]),
        where: from,
      })),
  ];
}

/** An empty value hides nothing. */
const isEmpty = (value: unknown): boolean =>
  value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** Secrets written in the file itself, each with its place and what to write instead. */
export const secretsInFile = (config: Config, plugins: DeclaredPlugins): string[] =>
  openedOf(plugins).flatMap(([kind, plugin]) =>
    Object.entries(config[kind][plugin.name]?.options ?? {}).flatMap(([key, value]) => {
      const schema = entriesOf(plugin, kind)[key];
      if (schema === undefined || typeof value !== "string") return [];
      const what = clearSecret(value, about(schema).secret === true);
      const where = config.where?.([kind, plugin.name, key]) ?? "";
      return what === undefined ? [] : [`${where}: ${kind}.${plugin.name}.${key} ${what}`];
    }),
  );

/** Everything opened, once per name, with the configuration section that it reads. */
export function openedOf({
  backends,
  sinks,
  stores,
}: DeclaredPlugins): (readonly [PluginKind, Configured])[] {
  const names = new Map(backends.map(({ name, configured = name, plugin }) => [configured, plugin]));
  return [
    ...[...names].map(([name, plugin]) => ["backends", configuredAs(name, plugin)] as const),
    ...sinks.map(({ plugin }) => ["sinks", plugin] as const),
    ...stores.map(({ name, plugin }) => ["stores", configuredAs(name, plugin)] as const),
  ];
}

function clearSecret(value: string, isSecret: boolean): string | undefined {
  if (/\$\{|^file:/.test(value)) return undefined;
  if (isSecret) return `is a secret in clear; write \${VARIABLE} or file:/path`;
  const { username, password } = URL.canParse(value) ? new URL(value) : { username: "", password: "" };
  if (username === "" && password === "") return undefined;
  return `holds credentials in clear; take them out, and set username and password: \${VARIABLE}`;
}

/** Invalid values in the file that the environment or `--set` overrides. */
export const shadowedInFile = (config: Config, plugins: DeclaredPlugins): ConfigProblem[] => [
  ...(config.shadowed ?? []),
  ...openedOf(plugins).flatMap(([kind, plugin]) =>
    shadowedProblems(plugin, kind, config, resolveOptions(plugin, kind, config)),
  ),
];

/** Instances: under which names of the configuration a plugin is a backend, and what is the core's to say of each. */
import * as v from "valibot";
import type { OptionsSchema } from "../contract/contract.ts";
import { duration, place, TIME_LIMITS } from "../contract/options.ts";
import { IMPORTANCES, type Importance } from "../contract/values.ts";
import type { Config } from "./config.ts";

/** How long data is kept. */
export const CLASSES = ["critical", "important", "operational", "transient"] as const;
/** One of {@link CLASSES}. */
export type DataClass = (typeof CLASSES)[number];

/** By what class data of this importance is kept, unless the configuration says. */
export const classOf = (importance: Importance): DataClass => {
  const classes = {
    critical: "critical",
    high: "important",
    medium: "operational",
    low: "transient",
  } as const;
  return classes[importance];
};

/** What the core knows of an instance, by the names that stand beside the plugin's own options. */
const coreEntries = (fallback: Importance) => ({
  importance: v.optional(
    v.pipe(v.picklist(IMPORTANCES), v.description("How much it would hurt to lose it")),
    fallback,
  ),
  class: v.optional(
    v.pipe(
      v.picklist(CLASSES),
      v.description("By what class its data is kept; default: what its importance says"),
    ),
  ),
  tenants: v.optional(
    v.pipe(
      v.union([v.string(), v.number(), v.array(v.union([v.string(), v.number()]))]),
      v.transform(listOf),
      v.array(
        v.pipe(
          v.string(),
          v.regex(/^[^\s|\p{C}]{1,150}$/u, "not a tenant (no spaces, no |, at most 150 characters)"),
        ),
      ),
      v.minLength(1, "empty: name a tenant"),
      v.check((all) => new Set(all).size === all.length, "names a tenant twice"),
      v.description('Tenants, each a backend of its own; "*": all that the server lists'),
    ),
  ),
  timeout: duration("Time limit of one call", "5m", TIME_LIMITS),
  data: place(
    "The server's data directory, or its database, on this machine: its size is then measured",
    "path",
  ),
});

/** `a, b` as it stands in the environment, or a list as in the file. */
const listOf = (written: string | number | (string | number)[]): string[] =>
  (typeof written === "object" ? written.map(String) : String(written).split(",")).map((one) => one.trim());

/** A plugin's options under one name of the configuration. */
export interface Configured {
  /** The key in the section: the instance. */
  readonly name: string;
  /** The plugin, where its name is another. */
  readonly plugin?: string;
  readonly options: OptionsSchema;
  /** What the plugin says of it, where the configuration does not. */
  readonly importance?: Importance;
}

/** The plugin of a backend that the configuration names. */
export const pluginOf = (name: string, { backends }: Pick<Config, "backends">): string =>
  (Object.hasOwn(backends, name) ? backends[name]?.plugin : undefined) ?? name;

/** The instances of a plugin in the order of the configuration; without any, the one that is named like it. */
export function instancesOf(plugin: string, config: Pick<Config, "backends">): readonly string[] {
  const named = Object.keys(config.backends).filter((name) => pluginOf(name, config) === plugin);
  return named.length === 0 ? [plugin] : named;
}

/** The instances of a plugin that are not switched off. */
export const enabledInstances = (plugin: string, config: Pick<Config, "backends">): readonly string[] =>
  instancesOf(plugin, config).filter((name) => config.backends[name]?.enabled !== false);

/** The plugin's options under a name of it. */
export const configuredAs = (
  name: string,
  { name: plugin, options, importance }: Configured,
): Configured => ({
  name,
  options,
  ...(plugin === name ? {} : { plugin }),
  ...(importance === undefined ? {} : { importance }),
});

/** Settings that mean something only to a plugin that has this option. */
const NEEDS: Readonly<Record<string, string>> = { tenants: "tenant", timeout: "url" };

/**
 * The core's own settings that a plugin does not declare itself: to one that does they mean what it says. Of a sink there is
 * only its client's time limit.
 */
export function coreOptionsOf(
  { options, importance = "medium" }: Configured,
  kind: "backends" | "sinks" = "backends",
): OptionsSchema {
  const entries = Object.entries<v.GenericSchema>(coreEntries(importance));
  const isKnown = (key = ""): boolean => Object.hasOwn(options.entries, key);
  const own = entries
    .filter(([key]) => !isKnown(key) && (!(key in NEEDS) || isKnown(NEEDS[key])))
    .filter(([key]) => kind === "backends" || key === "timeout");
  return v.object(Object.fromEntries(own));
}

/** What a name of an instance may be, besides that of its plugin: it is a folder, a part of a variable, and typed. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Why an instance may not have this name; `undefined` when it may. @param plugins the names of all there are */
export function nameObjection(name: string, plugins: readonly string[]): string | undefined {
  if (!NAME.test(name))
    return "not a name: lower case letters, digits and dashes between them, at most 40 characters";
  if (DEVICE.test(name)) return "a name that Windows keeps for a device";
  const taken = plugins.find((plugin) => plugin === name || plugin.startsWith(`${name}/`));
  return taken === undefined
    ? undefined
    : `the name of the plugin ${taken}, and this is an instance of another one`;
}

/**
 * The instance that one of `tenants` makes: `loki@team-a`. No other is called so, since the names in the configuration have
 * no `@`, and two tenants never share one, upper and lower case apart: what may not stand in a file's name on every system is `~` and its bytes in hex.
 */
export const tenantInstance = (name: string, tenant: string): string =>
  `${name}@${tenant.replace(/[^a-z0-9_.-]|\.$/gu, (one) => `~${Buffer.from(one).toString("hex")}`)}`;

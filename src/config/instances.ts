/** Instances: the configuration names under which a plugin is a backend, and the core's own settings for each. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { OptionsSchema } from "../contract/contract.ts";
import { duration, place, TIME_LIMITS } from "../contract/options.ts";
import { IMPORTANCES, type Importance } from "../contract/values.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import type { Config } from "./config.ts";

/** The core's settings for an instance, which stand beside the plugin's own options. */
const coreEntries = (fallback: Importance) => ({
  importance: v.optional(
    v.pipe(v.picklist(IMPORTANCES), v.description("How much it would hurt to lose it")),
    fallback,
  ),
  class: v.optional(
    v.pipe(
      v.string(),
      v.description(
        "The class of its data, which decides how long it is kept, of those of `retention.classes`; default: by its importance",
      ),
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
      v.description('Tenants, each of which becomes a backend; "*" means all that the server lists'),
    ),
  ),
  keepLocal: v.optional(
    duration("How long its snapshots stay here once every place of `copies` holds them", "0s").wrapped,
  ),
  timeout: duration("Time limit of one call", "5m", TIME_LIMITS),
  beside: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        "Whether it stands beside the stack, so that `destroy` does not touch it; default: by where its data lies",
      ),
    ),
  ),
  data: place("The server's data directory or database on this machine, to measure its size", "path"),
});

/** The core's setting for a store: everything that is copied there is encrypted. */
const ENCRYPT = v.optional(
  v.pipe(
    v.union([v.string(), v.array(v.string())]),
    v.transform((written) => listOf(written)),
    v.array(v.pipe(v.string(), v.regex(/^age1[02-9ac-hj-np-z]{58}$/, "not an age recipient (age1…)"))),
    v.minLength(1, "empty: name a recipient"),
    v.description("age recipients, to which everything that is copied there is encrypted"),
  ),
);

/** The core's setting for a store that can lock: how long copies stay there whatever happens. */
const RETAIN = v.optional(
  v.pipe(
    v.string(),
    v.check((text) => text === "classes" || isDuration(text), "neither `classes` nor a duration such as 90d"),
    v.description(
      "Lock copies, counted from when their snapshot was begun: for a duration, or `classes`: as long as the class of their data is kept",
    ),
  ),
);

/** The core's setting for a store that ages by rules: when data moves to which cheaper storage. */
const ARCHIVE = v.optional(
  v.pipe(
    v.union([v.string(), objectOf(v.string())]),
    v.transform(byClass),
    v.check(
      (moves) =>
        moves.length > 0 && moves.every(([name, after]) => /^[A-Z][A-Z0-9_]*$/.test(name) && isDays(after)),
      "not storage classes, each with a number of days: { STANDARD_IA: 30d, GLACIER: 90d }",
    ),
    v.description("After which time data moves to which storage class: { STANDARD_IA: 30d, GLACIER: 90d }"),
  ),
);

/** `STANDARD_IA=30d, GLACIER=90d` from the environment, or the members of an object from the file. */
const byClassText = (text: string): [string, string][] =>
  text.split(",").map((one) => {
    const [name = "", after = ""] = one.split("=");
    return [name.trim(), after.trim()];
  });

function byClass(written: string | Readonly<Record<string, string>>): [string, string][] {
  return typeof written === "string" ? byClassText(written) : Object.entries(written);
}

/** Stores count whole days. */
const isDays = (text: string): boolean =>
  isDuration(text) && parseDuration(text) % parseDuration("1d") === 0n;

function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0n;
  } catch {
    return false;
  }
}

/** `a, b` from the environment, or a list from the file. */
const listOf = (written: string | number | (string | number)[]): string[] =>
  (typeof written === "object" ? written.map(String) : String(written).split(",")).map((one) => one.trim());

const OF_STORES = { encrypt: ENCRYPT, retain: RETAIN, archive: ARCHIVE };

/** A plugin's options under one name of the configuration. */
export interface Configured {
  /** The key in the section: the instance. */
  readonly name: string;
  /** The plugin, if its name differs. */
  readonly plugin?: string;
  readonly options: OptionsSchema;
  /** The plugin's own statement, for when the configuration has none. */
  readonly importance?: Importance;
}

/** The plugin of a configured backend. */
export const pluginOf = (name: string, { backends }: Pick<Config, "backends">): string =>
  pluginNamed(name, backends);

/** The plugin of a configured store. */
export const pluginOfStore = (name: string, { stores }: Pick<Config, "stores">): string =>
  pluginNamed(name, stores);

const pluginNamed = (name: string, written: Config["backends" | "stores"]): string =>
  (Object.hasOwn(written, name) ? written[name]?.plugin : undefined) ?? name;

/** The enabled stores of a plugin, in configuration order. Without a configured one there is none. */
export const enabledStores = (plugin: string, config: Pick<Config, "stores">): readonly string[] =>
  Object.keys(config.stores).filter(
    (name) => config.stores[name]?.enabled === true && pluginOfStore(name, config) === plugin,
  );

type Named = Pick<Config, "backends" | "overrides">;

/**
 * The instances of a plugin in configuration order; if there are none, the one named after it.
 * @param onlyNamed then there is none, unless `--set` names it
 */
export function instancesOf(plugin: string, config: Named, onlyNamed = false): readonly string[] {
  const named = Object.keys(config.backends).filter((name) => pluginOf(name, config) === plugin);
  return named.length > 0 || (onlyNamed && !isSet(plugin, config)) ? named : [plugin];
}

const isSet = (plugin: string, { overrides = {} }: Named): boolean =>
  Object.keys(overrides).some((key) => key.startsWith(`backends.${plugin}.`));

/** The enabled instances of a plugin. @param onlyNamed as for {@link instancesOf} */
export const enabledInstances = (plugin: string, config: Named, onlyNamed = false): readonly string[] =>
  instancesOf(plugin, config, onlyNamed).filter((name) => config.backends[name]?.enabled !== false);

/** The plugin's options under one of its names. */
export const configuredAs = (
  name: string,
  { name: plugin, options, importance }: Configured,
): Configured => ({
  name,
  options,
  ...(plugin === name ? {} : { plugin }),
  ...given({ importance }),
});

/** Settings that only make sense for a plugin with this option. */
const NEEDS: Readonly<Record<string, string>> = { tenants: "tenant", timeout: "url" };

/**
 * The core's own settings that a plugin does not declare itself; if it does, its own meaning applies. A sink or a store only
 * has its client's time limit.
 */
export function coreOptionsOf(
  { options, importance = "medium" }: Configured,
  kind: "backends" | "sinks" | "stores" = "backends",
): OptionsSchema {
  const entries = Object.entries<v.GenericSchema>({
    ...coreEntries(importance),
    ...(kind === "stores" && OF_STORES),
  });
  const isKnown = (key = ""): boolean => Object.hasOwn(options.entries, key);
  const own = entries
    .filter(([key]) => !isKnown(key) && (!(key in NEEDS) || isKnown(NEEDS[key])))
    .filter(([key]) => kind === "backends" || key === "timeout" || Object.hasOwn(OF_STORES, key));
  return v.object(Object.fromEntries(own));
}

/** Allowed instance names besides the plugin's own: the name is a folder, part of a variable, and typed by people. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Device names that Windows reserves. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Why an instance may not have this name; `undefined` when it may. @param plugins the names of all existing plugins */
export function nameObjection(name: string, plugins: readonly string[]): string | undefined {
  if (!NAME.test(name))
    return "not a valid name: use lower case letters, digits and dashes between them, at most 40 characters";
  if (DEVICE.test(name)) return "a device name that Windows reserves";
  const taken = plugins.find((plugin) => plugin === name || plugin.startsWith(`${name}/`));
  return taken === undefined
    ? undefined
    : `the name of the plugin ${taken}, but this is an instance of another one`;
}

/**
 * The instance for one of the `tenants`: `loki@team-a`. It cannot clash, since configured names contain no `@`, and two tenants
 * never share a name, even if case is ignored: characters not allowed in file names everywhere become `~` and their bytes in
 * hex.
 */
export const tenantInstance = (name: string, tenant: string): string =>
  `${name}@${tenant.replace(/[^a-z0-9_.-]|\.$/gu, (one) => `~${Buffer.from(one).toString("hex")}`)}`;

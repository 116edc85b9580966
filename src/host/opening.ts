/** Opens one loaded plugin: checks its options, makes its context, and guards what it returns. */

import type { Config } from "../config/config.ts";
import { type Configured, configuredAs } from "../config/instances.ts";
import { about } from "../config/introspect.ts";
import { type PluginKind, refusedOptions, resolveOptions } from "../config/resolve-options.ts";
import type { Context, JsonObject, Plugin } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import type { OnRequest } from "../http/watched.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { hookTimeoutMs } from "./apart/bounds.ts";
import type { Apart, OpeningApart } from "./apart/load-apart.ts";
import { OptionsRefused } from "./apart/options-refused.ts";
import { asConfigured } from "./as-configured.ts";
import { type GuardOptions, guardBackend, guardSink, guardStore, type HookLimits } from "./hooks/guard.ts";
import type { OpenBackend, OpenSink, OpenStore } from "./open.ts";
import { optionFingerprints } from "./option-fingerprints.ts";
import { createContext, type Options } from "./plugin/context.ts";
import { DeclarationError } from "./plugin/declaration.ts";
import { logLevel } from "./plugin/logger.ts";
import { redactorFor, secretKeysOf } from "./secrets.ts";
import { type OfTenant, silent, tenantsOf } from "./tenants.ts";

/** A checked declaration, and where it came from. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** `built-in`, or its name in the configuration. */
  readonly source: string;
  /** Its backend is asked only where the configuration names it. */
  readonly onlyNamed?: boolean;
  /** The processes that a third-party plugin runs in. */
  readonly apart?: Apart;
}

/** What opening takes from the command, besides the configuration. */
export interface OpeningOptions {
  readonly debug?: boolean;
  /** Where a plugin's log lines go, and what its process printed; absent: nobody hears them. */
  readonly writeLog?: (line: string) => void;
  readonly clock?: () => bigint;
  readonly stepBytes?: number;
  /** Is told of every request to a server. */
  readonly onRequest?: OnRequest;
  /** The id of the HTTP request that all of this is done for. */
  readonly requestId?: string;
  /** How long a hook may take; the default depends on the kind of hook, or is `CONTEXTCORE_HOOK_TIMEOUT`. */
  readonly limits?: Partial<HookLimits>;
  /** Ask no server anything, so that `tenants: "*"` remains one instance. */
  readonly asksNothing?: boolean;
  /** Replaces the configured tenant of every backend that has tenants: see {@link hasTenant}. */
  readonly tenant?: string;
}

/** Whether the plugin declares the option `tenant`. Any other plugin's data goes to the same place with or without one. */
export const hasTenant = ({ options }: Plugin): boolean => Object.hasOwn(options.entries, "tenant");

/**
 * An instance of the plugin's backend, or one for each of its tenants; none when it is disabled.
 * @param instance its name in the configuration; default: the plugin's
 * @throws ConfigError, or what the plugin throws
 */
export async function openBackend(
  loaded: LoadedPlugin,
  config: Config,
  options: OpeningOptions,
  instance: string = loaded.plugin.name,
): Promise<OpenBackend[]> {
  const { plugin } = loaded;
  if (plugin.backend === undefined || config.backends[instance]?.enabled === false) return [];
  const named = configuredAs(instance, plugin);
  const elsewhere: OpenBackend["elsewhere"] = ({ name, config: other, tenant }) =>
    openAs(loaded, configuredAs(name, plugin), other, { ...options, ...given({ tenant }) });
  const openOne = async (ofTenant: OfTenant = {}): Promise<OpenBackend> => ({
    ...(await openAs(loaded, named, config, { ...options, ...ofTenant })),
    elsewhere,
  });
  const tenants = await tenantsOf(named, config, options.asksNothing === true ? undefined : openOne);
  if (tenants instanceof PluginError) return [silent(await openOne(), tenants)];
  const opened: OpenBackend[] = [];
  for (const tenant of tenants) opened.push(await openOne(tenant));
  return opened;
}

async function openAs(
  { plugin, apart }: LoadedPlugin,
  named: Configured,
  config: Config,
  options: OpeningOptions & OfTenant,
): Promise<OpenBackend> {
  const { ofTenant } = options;
  const { name = named.name } = ofTenant ?? {};
  const surroundings = {
    config: inTenant(plugin, named, config, options),
    options,
    foreign: apart !== undefined,
  };
  return open(
    { ...plugin, name },
    named,
    "backends",
    surroundings,
    async ({ context, guard, opening, core, said }) => {
      const opened = await (apart === undefined ? plugin.backend?.(context) : apart.backend(opening));
      if (opened === undefined) throw new Error(`${name} is not a backend`);
      const url = context.http.url === "" ? {} : { url: context.http.url };
      const { tenant } = context.options;
      return {
        name,
        ...(name === named.name ? {} : { configured: named.name }),
        plugin,
        backend: asConfigured(guardBackend(name, opened, guard), { core, said, plugin }),
        clock: context.clock,
        ...url,
        ...(hasTenant(plugin) ? { tenant: typeof tenant === "string" ? tenant : "" } : {}),
        ...(typeof core.beside === "boolean" ? { beside: core.beside } : {}),
        ...placesOf(plugin, context.options, core),
        ...(typeof core.class === "string" ? { class: core.class } : {}),
        ...(typeof core.keepLocal === "string" ? { keepLocal: parseDuration(core.keepLocal) } : {}),
      };
    },
  );
}

function inTenant(
  plugin: Plugin,
  { name }: Configured,
  config: Config,
  { tenant, ofTenant }: OpeningOptions & OfTenant,
): Config {
  const wanted = tenant ?? ofTenant?.tenant;
  if (wanted === undefined || !hasTenant(plugin)) return config;
  return { ...config, overrides: { ...config.overrides, [`backends.${name}.tenant`]: wanted } };
}

/** The plugin's sink, or none when it has none or is not configured. @throws ConfigError, or what the plugin throws */
export async function openSink(
  { plugin, apart }: LoadedPlugin,
  config: Config,
  options: OpeningOptions,
): Promise<OpenSink[]> {
  const { name, sink } = plugin;
  if (sink === undefined || config.sinks[name]?.enabled !== true) return [];
  const surroundings = { config, options, foreign: apart !== undefined };
  return open(plugin, plugin, "sinks", surroundings, async ({ context, guard, opening, settings }) => {
    const opened = apart === undefined ? sink(context) : await apart.sink(opening);
    const fingerprints = (key: string) => optionFingerprints(context.options, key);
    return [{ name, plugin, sink: guardSink(name, opened, guard), settings, fingerprints }];
  });
}

/**
 * The plugin's store under this name of the configuration; none when it has no store.
 * @throws ConfigError, or what the plugin throws
 */
export async function openStore(
  { plugin, apart }: LoadedPlugin,
  config: Config,
  options: OpeningOptions,
  name: string,
): Promise<OpenStore[]> {
  const { store } = plugin;
  if (store === undefined) return [];
  const surroundings = { config, options, foreign: apart !== undefined };
  const named = configuredAs(name, plugin);
  return open(
    { ...plugin, name },
    named,
    "stores",
    surroundings,
    async ({ context, guard, opening, core, settings }) => {
      const opened = apart === undefined ? store(context) : await apart.store(opening);
      const url = context.http.url === "" ? {} : { url: context.http.url };
      const encrypt = Array.isArray(core.encrypt) ? { encrypt: core.encrypt.map(String) } : {};
      const retain = typeof core.retain === "string" ? { retain: core.retain } : {};
      const more = { ...url, ...encrypt, ...retain, ...given({ archive: archiveOf(core.archive) }) };
      return [{ name, plugin, store: guardStore(name, opened, guard), settings, ...more }];
    },
  );
}

/** As its schema has made it: pairs of a storage class and a duration. */
function archiveOf(moves: unknown): OpenStore["archive"] {
  if (!Array.isArray(moves)) return undefined;
  return moves
    .map(([storageClass, after]) => ({
      storageClass: String(storageClass),
      after: parseDuration(String(after)),
    }))
    .sort((a, b) => (a.after < b.after ? -1 : 1));
}

interface Surroundings {
  readonly config: Config;
  readonly options: OpeningOptions;
  readonly foreign: boolean;
}

/** What a plugin is opened with. */
interface Prepared {
  readonly context: Context<Options>;
  readonly guard: GuardOptions;
  readonly opening: OpeningApart;
  readonly settings: JsonObject;
  /** The core's own settings of the instance. */
  readonly core: Options;
  /** The names of the options that are set. */
  readonly said: ReadonlySet<string>;
}

async function open<Opened>(
  plugin: Plugin,
  named: Configured,
  kind: PluginKind,
  { config, options, foreign }: Surroundings,
  make: (prepared: Prepared) => Promise<Opened>,
): Promise<Opened> {
  const resolved = resolveOptions(named, kind, config);
  const secretKeys = secretKeysOf(resolved);
  const redact = redactorFor(resolved.options, secretKeys);
  const logging = { redact, logLevel: logLevel(options.debug ?? false, config.env) };
  const { timeout } = resolved.core;
  const client = typeof timeout === "string" ? { timeout } : {};
  const context = createContext(plugin, {
    ...options,
    ...logging,
    ...client,
    ...given({ onRequest: options.onRequest && withoutSecretPath(options.onRequest, secretKeys, redact) }),
    options: resolved.options,
    foreign,
  });
  const guard = { redact, foreign, limits: { ...limitsFrom(config.env), ...options.limits } };
  const settings = withoutKeys({ ...resolved.core, ...resolved.options }, secretKeys);
  try {
    const { core, found } = resolved;
    const said = new Set(found.filter(({ from }) => from !== "default").map(({ key }) => key));
    return await make({ context, guard, settings, core, said, opening: { context, redact, ...client } });
  } catch (error) {
    if (error instanceof OptionsRefused) throw refusedOptions(named, kind, config, resolved, error.issues);
    throw openingError(plugin.name, error, redact);
  }
}

/** Of a URL that is a secret itself, as a webhook's is, no path is told. */
const withoutSecretPath =
  (onRequest: OnRequest, secretKeys: readonly string[], redact: (text: string) => string): OnRequest =>
  (record) =>
    onRequest({ ...record, path: secretKeys.includes("url") ? "/…" : redact(record.path) });

/** Options as they may be shown. They come from YAML and texts, so they fit into JSON. */
const withoutKeys = (options: Options, secretKeys: readonly string[]): JsonObject =>
  JSON.parse(JSON.stringify(options, (key, value) => (secretKeys.includes(key) ? undefined : value)));

/** An error that a plugin throws while it is opened, with the plugin's name and without its secrets. */
function openingError(name: string, error: unknown, redact: (text: string) => string): Error {
  const said = messageOf(error);
  const message = redact(said.includes(name) ? said : `${name}: ${said}`);
  if (error instanceof Error && message === error.message) return error;
  return new DeclarationError(message, "This is a defect of the plugin, or of its options.");
}

function limitsFrom(env: Config["env"]): Partial<HookLimits> {
  const ms = hookTimeoutMs(env);
  const barrenSteps = Number(env.CONTEXTCORE_BARREN_STEPS);
  return {
    ...given({ lookMs: ms, workMs: ms }),
    ...(Number.isSafeInteger(barrenSteps) && barrenSteps > 0 ? { barrenSteps } : {}),
  };
}

/** Of a pattern of paths the directory that it begins with. */
function placesOf({ options }: Plugin, values: Options, { data }: Options): Pick<OpenBackend, "places"> {
  const own = Object.entries(options.entries).filter(([, schema]) => about(schema).holds === true);
  const places = [...own.map(([key]) => values[key]), data].filter((one) => typeof one === "string");
  return places.length === 0
    ? {}
    : { places: places.map((path) => path.replace(/\/[^/]*[*?[\]{}].*$/, "") || "/") };
}

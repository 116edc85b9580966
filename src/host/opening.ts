/** Opens one loaded plugin: its options, its context, and a guard around what it gives back. */
import type { Config } from "../config/config.ts";
import { type PluginKind, refusedOptions, resolveOptions } from "../config/resolve-options.ts";
import type { Context, JsonObject, Plugin } from "../contract/contract.ts";
import { parseDuration } from "../units/duration.ts";
import { toMs } from "../units/range.ts";
import { OptionsRefused } from "./apart/instance.ts";
import type { Apart, OpeningApart } from "./apart/load-apart.ts";
import { createContext, type Options } from "./context.ts";
import { DeclarationError } from "./declaration.ts";
import { guardBackend, guardSink } from "./guard.ts";
import type { GuardOptions, HookLimits } from "./guard-hooks.ts";
import { guardStore } from "./guard-store.ts";
import { logLevel } from "./logger.ts";
import type { OpenBackend, OpenSink, OpenStore } from "./open.ts";
import { optionFingerprints } from "./option-fingerprints.ts";
import { redactorFor, secretKeysOf } from "./secrets.ts";

/** A declaration that was checked, and where it came from. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** `built-in`, or what the configuration calls it. */
  readonly source: string;
  /** A stranger's: the processes that it runs in. */
  readonly apart?: Apart;
}

export interface OpeningOptions {
  readonly debug?: boolean;
  /** Where a plugin's log lines go; default stderr. */
  readonly writeLog?: (line: string) => void;
  readonly clock?: () => bigint;
  readonly stepBytes?: number;
  /** How long a hook may take; default by kind of hook, or `CONTEXTCORE_HOOK_TIMEOUT`. */
  readonly limits?: Partial<HookLimits>;
  /** Instead of the tenant that is configured, for every backend that has tenants: see {@link hasTenant}. */
  readonly tenant?: string;
}

/** Whether the plugin declares the option `tenant`: whatever else would be given it goes where it always goes. */
export const hasTenant = ({ options }: Plugin): boolean => Object.hasOwn(options.entries, "tenant");

/** The plugin's backend, or none when it has none or is left out. @throws ConfigError, or what the plugin throws */
export async function openBackend(
  { plugin, apart }: LoadedPlugin,
  config: Config,
  options: OpeningOptions,
): Promise<OpenBackend[]> {
  const { name, backend } = plugin;
  if (backend === undefined || config.backends[name]?.enabled === false) return [];
  const surroundings = { config: inTenant(plugin, config, options), options, foreign: apart !== undefined };
  return open(plugin, "backends", surroundings, async ({ context, guard, opening }) => {
    const opened = apart === undefined ? backend(context) : await apart.backend(opening);
    const url = context.http.url === "" ? {} : { url: context.http.url };
    const { tenant } = context.options;
    const ofTenant = hasTenant(plugin) ? { tenant: typeof tenant === "string" ? tenant : "" } : {};
    const guarded = guardBackend(name, opened, guard);
    return [{ name, plugin, backend: guarded, clock: context.clock, ...url, ...ofTenant }];
  });
}

function inTenant(plugin: Plugin, config: Config, { tenant }: OpeningOptions): Config {
  if (tenant === undefined || !hasTenant(plugin)) return config;
  return { ...config, overrides: { ...config.overrides, [`backends.${plugin.name}.tenant`]: tenant } };
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
  return open(plugin, "sinks", surroundings, async ({ context, guard, opening, settings }) => {
    const opened = apart === undefined ? sink(context) : await apart.sink(opening);
    const fingerprints = (key: string) => optionFingerprints(context.options, key);
    return [{ name, plugin, sink: guardSink(name, opened, guard), settings, fingerprints }];
  });
}

/**
 * The plugin's store with these options, which a place in the configuration has; none when it has no store.
 * @throws ConfigError, or what the plugin throws
 */
export async function openStore(
  { plugin, apart }: LoadedPlugin,
  given: Options,
  config: Config,
  options: OpeningOptions,
): Promise<OpenStore[]> {
  const { name, store } = plugin;
  if (store === undefined) return [];
  // Its options are a place's own: what a backend or a sink of that name is set to says nothing of it.
  const own = { ...config, backends: {}, sinks: { [name]: { enabled: true, options: given } } };
  const surroundings = { config: own, options, foreign: apart !== undefined };
  return open(plugin, "sinks", surroundings, async ({ context, guard, opening }) => {
    const opened = apart === undefined ? store(context) : await apart.store(opening);
    return [{ name, plugin, store: guardStore(name, opened, guard) }];
  });
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
}

async function open<Opened>(
  plugin: Plugin,
  kind: PluginKind,
  { config, options, foreign }: Surroundings,
  make: (prepared: Prepared) => Promise<Opened>,
): Promise<Opened> {
  const resolved = resolveOptions(plugin, kind, config);
  const secretKeys = secretKeysOf(resolved);
  const redact = redactorFor(resolved.options, secretKeys);
  const logging = { redact, logLevel: logLevel(options.debug ?? false, config.env) };
  const context = createContext(plugin, { ...options, ...logging, options: resolved.options, foreign });
  const guard = { redact, foreign, limits: { ...limitsFrom(config.env), ...options.limits } };
  const settings = withoutKeys(resolved.options, secretKeys);
  try {
    return await make({ context, guard, settings, opening: { context, redact } });
  } catch (error) {
    if (error instanceof OptionsRefused) throw refusedOptions(plugin, kind, config, resolved, error.issues);
    throw openingError(plugin.name, error, redact);
  }
}

/** Options as they may be shown; they come from YAML and texts, so JSON holds them. */
const withoutKeys = (options: Options, secretKeys: readonly string[]): JsonObject =>
  JSON.parse(JSON.stringify(options, (key, value) => (secretKeys.includes(key) ? undefined : value)));

/** What a plugin throws while it is opened, with its name and without its secrets. */
function openingError(name: string, error: unknown, redact: (text: string) => string): Error {
  const said = error instanceof Error ? error.message : String(error);
  const message = redact(said.includes(name) ? said : `${name}: ${said}`);
  if (error instanceof Error && message === error.message) return error;
  return new DeclarationError(message, "This is a defect of the plugin, or of its options.");
}

function limitsFrom(env: Config["env"]): Partial<HookLimits> {
  const ms = hookTimeoutMs(env);
  const barrenSteps = Number(env.CONTEXTCORE_BARREN_STEPS);
  return {
    ...(ms === undefined ? {} : { lookMs: ms, workMs: ms }),
    ...(Number.isSafeInteger(barrenSteps) && barrenSteps > 0 ? { barrenSteps } : {}),
  };
}

/** How long a plugin may take for anything, when the environment says so. @throws RangeError when that is no duration */
export function hookTimeoutMs({ CONTEXTCORE_HOOK_TIMEOUT: text }: Config["env"]): number | undefined {
  return text ? toMs(parseDuration(text)) : undefined;
}

/** Opens one loaded plugin: its options, its context, and a guard around what it gives back. */
import type { Config } from "../config/config.ts";
import { type PluginKind, resolveOptions } from "../config/resolve-options.ts";
import { parseDuration } from "../units/duration.ts";
import { toMs } from "../units/range.ts";
import { hideFromOutput, runContained } from "./containment.ts";
import { createContext, type Options } from "./context.ts";
import type { Context, JsonObject, Plugin } from "./contract.ts";
import { DeclarationError } from "./declaration.ts";
import { type GuardOptions, guardBackend, guardSink, type HookLimits } from "./guard.ts";
import { logLevel } from "./logger.ts";
import type { OpenBackend, OpenSink } from "./open.ts";
import { optionFingerprints } from "./option-fingerprints.ts";
import { redactorFor, secretKeysOf } from "./secrets.ts";

/** A declaration that was checked, and where it came from. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** `built-in`, or what the configuration calls it. */
  readonly source: string;
  /** True for a stranger's, which runs inside the fence. */
  readonly foreign?: boolean;
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
export function openBackend(loaded: LoadedPlugin, config: Config, options: OpeningOptions): OpenBackend[] {
  const { plugin } = loaded;
  const { backend } = plugin;
  if (backend === undefined || config.backends[plugin.name]?.enabled === false) return [];
  return open(
    loaded,
    "backends",
    { config: inTenant(plugin, config, options), options },
    (context, guard) => {
      const url = context.http.url === "" ? {} : { url: context.http.url };
      const { tenant } = context.options;
      return [
        {
          name: plugin.name,
          plugin,
          backend: guardBackend(plugin.name, backend(context), guard),
          clock: context.clock,
          ...url,
          ...(hasTenant(plugin) ? { tenant: typeof tenant === "string" ? tenant : "" } : {}),
        },
      ];
    },
  );
}

function inTenant(plugin: Plugin, config: Config, { tenant }: OpeningOptions): Config {
  if (tenant === undefined || !hasTenant(plugin)) return config;
  return { ...config, overrides: { ...config.overrides, [`backends.${plugin.name}.tenant`]: tenant } };
}

/** The plugin's sink, or none when it has none or is not configured. @throws ConfigError, or what the plugin throws */
export function openSink(loaded: LoadedPlugin, config: Config, options: OpeningOptions): OpenSink[] {
  const { plugin } = loaded;
  const { sink } = plugin;
  if (sink === undefined || config.sinks[plugin.name]?.enabled !== true) return [];
  return open(loaded, "sinks", { config, options }, (context, guard, settings) => [
    {
      name: plugin.name,
      plugin,
      sink: guardSink(plugin.name, sink(context), guard),
      settings,
      fingerprints: (key: string) => optionFingerprints(context.options, key),
    },
  ]);
}

interface Surroundings {
  readonly config: Config;
  readonly options: OpeningOptions;
}

function open<Opened>(
  { plugin, foreign = false }: LoadedPlugin,
  kind: PluginKind,
  { config, options }: Surroundings,
  make: (context: Context<Options>, guard: GuardOptions, settings: JsonObject) => Opened,
): Opened {
  const resolved = resolveOptions(plugin, kind, config);
  const secretKeys = secretKeysOf(resolved);
  const redact = redactorFor(resolved.options, secretKeys);
  const context = createContext(plugin, {
    ...options,
    options: resolved.options,
    redact,
    logLevel: logLevel(options.debug ?? false, config.env),
  });
  if (foreign) hideFromOutput(redact);
  const guard = { redact, foreign, limits: { ...limitsFrom(config.env), ...options.limits } };
  const settings = withoutKeys(resolved.options, secretKeys);
  const run = (): Opened => make(context, guard, settings);
  try {
    return foreign ? runContained(plugin.name, run) : run();
  } catch (error) {
    throw opening(plugin.name, error, redact);
  }
}

/** Options as they may be shown; they come from YAML and texts, so JSON holds them. */
const withoutKeys = (options: Options, secretKeys: readonly string[]): JsonObject =>
  JSON.parse(JSON.stringify(options, (key, value) => (secretKeys.includes(key) ? undefined : value)));

/** What a plugin throws while it is opened, with its name and without its secrets. */
function opening(name: string, error: unknown, redact: (text: string) => string): Error {
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

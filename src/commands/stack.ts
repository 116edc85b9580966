/** What most commands begin with: the configuration and the plugins that it names. */
import type { Config } from "../config/config.ts";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import { loadConfig } from "../config/load.ts";
import { openPlugins } from "../plugin/host.ts";
import type { OpenFailure, OpenPlugins } from "../plugin/open.ts";
import { type Call, UsageError } from "./command.ts";

export interface Stack extends OpenPlugins {
  readonly config: Config;
}

/** Reads the configuration that this call is about. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/**
 * Opens the configured plugins, or only those named. A third party's plugin that does not load is left among the
 * `failures`; a mistake in what the user wrote stops everything.
 * @throws ConfigError naming the key and the line
 * @throws UsageError when `only` names what there is not
 */
export async function openStack(call: Call, only?: readonly string[]): Promise<Stack> {
  const config = await configOf(call);
  const plugins = await openPlugins(config, {
    ...(only === undefined || only.length === 0 ? {} : { only }),
    debug: call.debug,
    writeLog: (line) => call.terminal.note(line),
  });
  const problems = plugins.failures.flatMap((failure) => configProblems(failure, config));
  if (problems.length > 0) throw new ConfigError(problems);
  const asked = plugins.failures.find(({ name }) => only?.includes(name));
  if (asked !== undefined)
    throw new UsageError(`--plugin ${asked.name}: ${asked.error.message}`, hintOf(asked.error));
  return { ...plugins, config };
}

function configProblems({ name, error }: OpenFailure, config: Config): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems;
  const section = (["backends", "sinks"] as const).find((key) => Object.hasOwn(config[key], name));
  const ownName = !config.plugins.includes(name) && !(name.includes("/") && config.plugins.length > 0);
  if (section === undefined || !ownName) return [];
  const hint = hintOf(error);
  const where = config.where?.([section, name]) ?? "the configuration";
  return [{ where, key: `${section}.${name}`, what: error.message, ...(hint === undefined ? {} : { hint }) }];
}

export function hintOf(error: Error): string | undefined {
  return "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
}

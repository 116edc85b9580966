/** What most commands begin with: the configuration, the plugins that it names, and the trail. */
import { homedir } from "node:os";
import { join } from "node:path";
import { SINK_TIME_LIMIT_MS } from "../audit/deliver/delivery.ts";
import type { Trail } from "../audit/format/event.ts";
import { openTrail } from "../audit/trail.ts";
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import { loadConfig } from "../config/load.ts";
import { sinkTimeLimitMs } from "../config/sink-time-limit.ts";
import { openPlugins } from "../plugin/host.ts";
import type { OpenFailure, OpenPlugins, OpenSink } from "../plugin/open.ts";
import { LockError } from "../plugin/trust/lock.ts";
import { UntrustedError } from "../plugin/trust/trust.ts";
import { namedDirectory } from "../storage/own-file.ts";
import { RefusedError } from "../terminal/ask.ts";
import { type Call, UsageError } from "./command.ts";

export interface Stack extends OpenPlugins {
  readonly config: Config;
}

/** Reads the configuration that this call is about. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/**
 * Opens the configured plugins. A third party's plugin that does not load is left among the `failures`; a mistake in what
 * the user wrote stops everything.
 * @param only the backends that are wanted; default all. Sinks are opened all the same
 * @param tenant instead of the configured one, for every backend that has tenants
 * @throws ConfigError naming the key and the line
 * @throws UsageError when `only` names what there is not
 * @throws RefusedError when a plugin is not trusted as it is
 */
export async function openStack(call: Call, only: readonly string[] = [], tenant?: string): Promise<Stack> {
  const { config, ...plugins } = await load(call, tenant);
  await refuseUntrusted(call, config, plugins);
  await closeInterrupted(call, config);
  refuseMistakes(plugins, config);
  return { ...chosen(plugins, only), config };
}

/**
 * As {@link openStack}, for a command that looks at the trail as it is found: nothing is appended to it, so nothing in it
 * is mended. A plugin that nobody trusted is one of the `failures`.
 * @throws ConfigError naming the key and the line
 */
export async function openStackToRead(call: Call): Promise<Stack> {
  const stack = await load(call);
  refuseMistakes(stack, stack.config);
  return stack;
}

async function load(call: Call, tenant?: string): Promise<Stack> {
  const config = await configOf(call);
  const plugins = await openPlugins(config, {
    debug: call.debug,
    writeLog: (line) => call.terminal.note(line),
    ...(tenant === undefined ? {} : { tenant }),
  });
  return { ...plugins, config };
}

function refuseMistakes({ failures, sinks }: OpenPlugins, config: Config): void {
  const problems = failures.flatMap((failure) => configProblems(failure, config));
  for (const sink of sinks) sinkTimeLimitMs(config, sink);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What an earlier command began and never ended is closed, and the user is told what was left. */
async function closeInterrupted(call: Call, config: Config): Promise<void> {
  await using trail = openStackTrail(call, config);
  try {
    await trail.recover();
  } catch (error) {
    call.terminal.warn(
      `the audit trail cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Code that nobody trusted is refused, with everything that would have gone on beside it, and the trail says so. */
async function refuseUntrusted(call: Call, config: Config, { failures, sinks }: OpenPlugins): Promise<void> {
  const broken = failures.find(({ error }) => error instanceof LockError)?.error;
  if (broken !== undefined) throw new RefusedError(broken.message, hintOf(broken));
  const refused = failures.map(({ error }) => error).filter((error) => error instanceof UntrustedError);
  const [first] = refused;
  if (first === undefined) return;
  await using trail = openStackTrail(call, config, sinks);
  for (const { spec, message, changes } of refused) {
    const details = { source: spec, reason: message, changed: [...changes.changed, ...changes.added] };
    await trail.append({ operation: "plugin_trust", outcome: "refused", details });
  }
  throw new RefusedError(first.message, first.hint);
}

function chosen(plugins: OpenPlugins, only: readonly string[]): OpenPlugins {
  if (only.length === 0) return plugins;
  const names = [...plugins.backends, ...plugins.failures].map(({ name }) => name);
  const stray = only.find((name) => !names.includes(name));
  if (stray !== undefined) {
    const meant = closest(stray, names);
    const hint = meant === undefined ? `there are ${names.join(", ")}` : `did you mean ${meant}?`;
    throw new UsageError(`--plugin ${stray}: there is no such backend`, hint);
  }
  return {
    backends: plugins.backends.filter(({ name }) => only.includes(name)),
    failures: plugins.failures.filter(({ name }) => only.includes(name)),
    sinks: plugins.sinks,
  };
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

/** How long this sink may take, ms. @throws ConfigError when what is written is no duration */
export const sinkLimitMs = (config: Config, sink: OpenSink): number =>
  sinkTimeLimitMs(config, sink) ?? SINK_TIME_LIMIT_MS;

/** Where the trail of this project is, and what it calls the project. */
export const trailPlaces = ({ env }: Pick<Call, "env">, { directory, name }: Config) => ({
  file: join(directory, ".contextcore", "audit.jsonl"),
  home: namedDirectory(join(env.HOME || homedir(), ".contextcore")),
  project: name,
});

/**
 * The trail of this project; `await using` closes it when its block ends, however that ends.
 * @param sinks those that were opened; left out by a command that opens none: its events are delivered by the next one
 */
export function openStackTrail(
  call: Call,
  config: Config,
  sinks?: readonly OpenSink[],
): Trail & AsyncDisposable {
  const trail = openTrail({
    ...trailPlaces(call, config),
    ...(sinks === undefined ? {} : { sinks }),
    staleAfterMs: config.audit.staleAfter * 60_000,
    sinkTimeLimitMs: (sink) => sinkLimitMs(config, sink),
    onWarning: (message) => call.terminal.warn(message),
  });
  return { ...trail, [Symbol.asyncDispose]: trail.close };
}

/** What the reader can do about an error, where it says. */
export function hintOf(error: Error): string | undefined {
  return "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
}

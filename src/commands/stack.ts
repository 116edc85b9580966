/** What most commands start with: the configuration, its plugins, and the trail. */

import { SINK_TIME_LIMIT_MS } from "../audit/deliver/delivery.ts";
import type { Trail } from "../audit/format/event.ts";
import { openTrail } from "../audit/trail.ts";
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import { pluginOf } from "../config/instances.ts";
import { loadConfig } from "../config/load.ts";
import { sinkTimeLimitMs } from "../config/sink-time-limit.ts";
import { type DeclaredPlugins, declarePlugins, openPlugins } from "../host/host.ts";
import type { OpenFailure, OpenPlugins, OpenSink } from "../host/open.ts";
import { LockError } from "../host/trust/lock.ts";
import { UntrustedError } from "../host/trust/trust.ts";
import { BUILT_INS } from "../registry.ts";
import { RefusedError, UsageError } from "../tasks/errors.ts";
import type { TaskContext, Wanted } from "../tasks/task.ts";
import { followOn, waitForOn } from "../terminal/progress.ts";
import { given } from "../units/given.ts";
import { hintOf } from "../units/hint-of.ts";
import { messageOf } from "../units/message-of.ts";
import { agreementOf, isAgreed, notOpened, requireAgreement } from "./agreement.ts";
import type { Call } from "./command.ts";
import { trailPlaces } from "./trail-places.ts";

export interface Stack extends OpenPlugins {
  readonly config: Config;
}

/** Reads this call's configuration. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/**
 * Opens the configured plugins once the user has agreed to the project. A third-party plugin that does not load is among the
 * `failures`; a mistake in the user's own configuration stops everything.
 * @throws ConfigError naming the key and the line
 * @throws UsageError when `only` names something that does not exist
 * @throws RefusedError when the project is not agreed to, or a plugin has changed since it was trusted
 */
export async function openStack(call: Call, wanted: Wanted = {}): Promise<Stack> {
  const config = await configOf(call);
  await requireAgreement(call, config, wanted.isDestroying ?? false);
  return opened(call, config, wanted);
}

async function opened(
  call: Call,
  config: Config,
  { only = [], tenant, asksNothing }: Wanted,
): Promise<Stack> {
  const plugins = await load(call, config, { tenant, ...(asksNothing ? { asksNothing } : {}) });
  await refuseUntrusted(call, config, plugins);
  await closeInterrupted(call, config);
  refuseMistakes(plugins, config);
  return { ...chosen(plugins, only), config };
}

/**
 * Like {@link openStack}, for a command that inspects the trail as it is: nothing is appended, so nothing is repaired. An
 * untrusted plugin is among the `failures`; if the project is not agreed to, nothing of it is opened.
 * @throws ConfigError naming the key and the line
 */
export async function openStackToRead(call: Call): Promise<Stack & { readonly isAgreed: boolean }> {
  const config = await configOf(call);
  if (!isAgreed(await agreementOf(call, config)))
    return { config, isAgreed: false, backends: [], sinks: [], failures: unopened(config) };
  const stack = { ...(await load(call, config)), config, isAgreed: true };
  refuseMistakes(stack, config);
  return stack;
}

/**
 * Like {@link openStack}, for a command that only shows the configuration. If the project is not agreed to, the result holds
 * only what the built-in plugins declare, with secrets unread: the configuration is then `sealed`.
 * @throws ConfigError naming the key and the line
 */
export async function openStackToShow(call: Call): Promise<DeclaredPlugins & { readonly config: Config }> {
  const config = await configOf(call);
  if (isAgreed(await agreementOf(call, config))) return opened(call, config, { asksNothing: true });
  const sealed = { ...config, sealed: true };
  return { ...(await declarePlugins({ ...sealed, plugins: [] }, { builtIns: BUILT_INS })), config: sealed };
}

/** What is not opened in a project that is not agreed to: third-party plugins, and every sink. */
function unopened({ plugins, sinks }: Config): OpenFailure[] {
  const names = [...plugins, ...Object.keys(sinks).filter((name) => sinks[name]?.enabled === true)];
  return [...new Set(names)].map((name) => ({ name, error: notOpened(name) }));
}

async function load(
  call: Call,
  config: Config,
  { tenant, asksNothing }: Pick<Wanted, "tenant" | "asksNothing"> = {},
): Promise<Stack> {
  const plugins = await openPlugins(config, {
    builtIns: BUILT_INS,
    debug: call.debug,
    writeLog: (line) => call.terminal.note(line),
    ...(asksNothing ? { asksNothing } : {}),
    ...given({ tenant }),
  });
  return { ...plugins, config };
}

function refuseMistakes({ failures, sinks }: OpenPlugins, config: Config): void {
  const problems = failures.flatMap((failure) => configProblems(failure, config));
  for (const sink of sinks) sinkTimeLimitMs(config, sink);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Closes what an earlier command began and never ended, and tells the user what was left. */
async function closeInterrupted(call: Call, config: Config): Promise<void> {
  await using trail = openStackTrail(call, config);
  try {
    await trail.recover();
  } catch (error) {
    call.terminal.warn(`the audit trail cannot be read: ${messageOf(error)}`);
  }
}

/** Refuses untrusted code, together with everything that would have run beside it, and records that in the trail. */
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
  const isForeign = pluginOf(name, config).includes("/") && config.plugins.length > 0;
  const ownName = !config.plugins.includes(name) && !isForeign;
  if (section === undefined || !ownName) return [];
  const hint = hintOf(error);
  const where = config.where?.([section, name]) ?? "the configuration";
  return [{ where, key: `${section}.${name}`, what: error.message, ...given({ hint }) }];
}

/** Time limit for this sink, ms. @throws ConfigError when the configured value is not a duration */
export const sinkLimitMs = (config: Config, sink: OpenSink): number =>
  sinkTimeLimitMs(config, sink) ?? SINK_TIME_LIMIT_MS;

/**
 * This project's trail; `await using` closes it at the end of its block.
 * @param sinks the opened sinks; omitted by a command that opens none: the next command delivers its events
 */
export function openStackTrail(
  call: Call,
  config: Config,
  sinks?: readonly OpenSink[],
): Trail & AsyncDisposable {
  const trail = openTrail({
    ...trailPlaces(call, config),
    ...given({ sinks }),
    staleAfterMs: config.audit.staleAfter * 60_000,
    sinkTimeLimitMs: (sink) => sinkLimitMs(config, sink),
    onWarning: (message) => call.terminal.warn(message),
  });
  return { ...trail, [Symbol.asyncDispose]: trail.close };
}

/** What a task works on: the stack as opened by {@link openStack}, and this call's channels to the user. @throws as it does */
export async function openContext(call: Call, wanted: Wanted | "nothing" = {}): Promise<TaskContext> {
  if (wanted === "nothing")
    return contextOf(call, { config: await configOf(call), backends: [], sinks: [], failures: [] });
  const stack = await openStack(call, wanted);
  return contextOf(call, stack, stack.sinks);
}

/** @param sinks see {@link openStackTrail} */
const contextOf = (call: Call, stack: Stack, sinks?: readonly OpenSink[]): TaskContext => ({
  ...stack,
  ...placesOf(call, stack.config),
  directory: call.directory,
  env: call.env,
  signal: call.signal,
  note: call.terminal.note,
  warn: call.terminal.warn,
  follow: followOn(call.terminal, call.signal),
  waitFor: waitForOn(call.terminal),
  pour: (pieces) => call.terminal.pour(pieces, call.signal),
  openTrail: () => openStackTrail(call, stack.config, sinks),
});

function placesOf(call: Call, config: Config): Pick<TaskContext, "trailFile" | "home"> {
  const { file: trailFile, home } = trailPlaces(call, config);
  return { trailFile, home };
}

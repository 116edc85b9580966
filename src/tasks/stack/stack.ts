/** What a task starts with, whoever starts it: the configuration, its plugins, and the trail. */

import type { Standing } from "../../agreement/standing.ts";
import { SINK_TIME_LIMIT_MS } from "../../audit/deliver/delivery.ts";
import type { Actor, AuditEvent, Trail } from "../../audit/format/event.ts";
import { identityOf } from "../../audit/journal/identity.ts";
import { openTrail } from "../../audit/trail.ts";
import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError, type ConfigProblem } from "../../config/errors.ts";
import { pluginOf, pluginOfStore } from "../../config/instances.ts";
import { type ConfigRequest, loadConfig } from "../../config/load.ts";
import { sinkTimeLimitMs } from "../../config/sink-time-limit.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import { type DeclaredPlugins, declarePlugins, openPlugins } from "../../host/host.ts";
import { namesMeantBy, type OpenFailure, type OpenPlugins, type OpenSink } from "../../host/open.ts";
import { LockError } from "../../host/trust/lock.ts";
import { UntrustedError } from "../../host/trust/trust.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { messageOf } from "../../units/message-of.ts";
import { addressed, withStoresAt } from "../snapshots/addresses.ts";
import { isAgreed, notOpened, type Runs } from "../task/agreed.ts";
import { RefusedError, UsageError } from "../task/errors.ts";
import type { TaskContext, Wanted } from "../task/task.ts";
import { trailPlaces } from "./trail-places.ts";

/** Its channels to whoever listens, and when it is to end. */
type Channels = Pick<
  TaskContext,
  | "env"
  | "directory"
  | "signal"
  | "note"
  | "warn"
  | "follow"
  | "waitFor"
  | "pour"
  | "onRequest"
  | "onWait"
  | "askPassphrase"
  | "isDry"
>;

/** Who starts a task: the command line, and whatever else. It says where it stands, who listens, and how it is agreed. */
export interface Caller extends ConfigRequest, Channels {
  readonly builtIns: readonly BuiltIn[];
  readonly debug: boolean;
  /** Who is recorded in the trail; absent: the user of this process. */
  readonly actor?: Actor;
  /** Is told of each event that the task itself records. */
  readonly onEvent?: (event: AuditEvent) => void;
  /** How the project stands with its user. */
  agreementOf(config: Config): Promise<Standing>;
  /**
   * Goes on if the project is agreed to; a person may be asked.
   * @throws RefusedError when it is not, before anything of the project is run, read or sent
   */
  requireAgreement(config: Config, runs?: Runs): Promise<void>;
}

/** What was opened to be looked at. */
export interface StackToRead extends Stack {
  /** False: nothing of the project was opened. */
  readonly isAgreed: boolean;
}

/** The configured plugins, opened. */
interface Stack extends OpenPlugins {
  readonly config: Config;
}

/**
 * Opens the configured plugins once the user has agreed to the project. A third-party plugin that does not load is among the
 * `failures`; a mistake in the user's own configuration stops everything.
 * @throws ConfigError naming the key and the line
 * @throws UsageError when `only` names something that does not exist
 * @throws RefusedError when the project is not agreed to, or a plugin has changed since it was trusted
 */
export async function openStack(caller: Caller, wanted: Wanted = {}): Promise<Stack> {
  const config = await loadConfig(caller);
  await caller.requireAgreement(config, wanted.runs);
  return opened(caller, config, wanted);
}

async function opened(
  caller: Caller,
  config: Config,
  { only = [], onlyBy, addresses = [], ...wanted }: Wanted,
): Promise<Stack> {
  const plugins = await load(caller, withStoresAt(config, addresses, caller), { only, ...wanted });
  await refuseUntrusted(caller, config, plugins);
  if (caller.isDry !== true) await closeInterrupted(caller, config);
  refuseMistakes(plugins, config);
  return { ...chosen(plugins, only, onlyBy), stores: addressed(plugins.stores, addresses), config };
}

/**
 * Like {@link openStack}, for a command that inspects the trail as it is: nothing is appended, so nothing is repaired. An
 * untrusted plugin is among the `failures`; if the project is not agreed to, nothing of it is opened.
 * @throws ConfigError naming the key and the line
 */
export async function openStackToRead(
  caller: Caller,
  wanted: Pick<Wanted, "stores"> = {},
): Promise<StackToRead> {
  const config = await loadConfig(caller);
  if (!isAgreed(await caller.agreementOf(config)))
    return { config, isAgreed: false, ...NOTHING_OPEN, failures: unopened(config) };
  const stack = { ...(await load(caller, config, wanted)), config, isAgreed: true };
  refuseMistakes(stack, config);
  return stack;
}

/**
 * Like {@link openStack}, for a command that only shows the configuration. If the project is not agreed to, the result holds
 * only what the built-in plugins declare, with secrets unread: the configuration is then `sealed`.
 * @throws ConfigError naming the key and the line
 */
export async function openStackToShow(
  caller: Caller,
): Promise<DeclaredPlugins & { readonly config: Config }> {
  const config = await loadConfig(caller);
  if (isAgreed(await caller.agreementOf(config)))
    return opened(caller, config, { asksNothing: true, stores: true });
  return declaredOnly(config, caller);
}

/**
 * What the built-in plugins declare, beside core settings that are wrong and left out. Nothing is opened or agreed to.
 * @throws ConfigError when nothing of it can be read
 */
export const declareSoundPart = async (
  caller: Caller,
): Promise<DeclaredPlugins & { readonly config: Config }> =>
  declaredOnly(await loadConfig({ ...caller, soundPart: true }), caller);

async function declaredOnly(
  config: Config,
  { builtIns }: Pick<Caller, "builtIns">,
): Promise<DeclaredPlugins & { readonly config: Config }> {
  const sealed = { ...config, sealed: true };
  return { ...(await declarePlugins({ ...sealed, plugins: [] }, { builtIns })), config: sealed };
}

const NOTHING_OPEN = { backends: [], sinks: [], stores: [] } as const;

/** What is not opened in a project that is not agreed to: third-party plugins, every sink and every store. */
function unopened({ plugins, sinks, stores }: Config): OpenFailure[] {
  const named = [sinks, stores].flatMap((all) =>
    Object.keys(all).filter((name) => all[name]?.enabled === true),
  );
  const names = [...plugins, ...named];
  return [...new Set(names)].map((name) => ({ name, error: notOpened(name) }));
}

async function load(
  caller: Caller,
  config: Config,
  { only, tenant, stores, asksNothing }: Omit<Wanted, "runs" | "onlyBy"> = {},
): Promise<Stack> {
  const plugins = await openPlugins(config, {
    builtIns: caller.builtIns,
    debug: caller.debug,
    writeLog: (line) => caller.note(line),
    ...given({ only, tenant, stores, asksNothing, onRequest: caller.onRequest }),
    ...given({ requestId: caller.actor?.request }),
  });
  return { ...plugins, config };
}

function refuseMistakes({ failures, sinks }: OpenPlugins, config: Config): void {
  const problems = failures.flatMap((failure) => configProblems(failure, config));
  for (const sink of sinks) sinkTimeLimitMs(config, sink);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Closes what an earlier command began and never ended, and tells the user what was left. */
async function closeInterrupted(caller: Caller, config: Config): Promise<void> {
  await using trail = openStackTrail(caller, config);
  try {
    await trail.recover();
  } catch (error) {
    caller.warn(`the audit trail cannot be read: ${messageOf(error)}`);
  }
}

/** Refuses untrusted code, together with everything that would have run beside it, and records that in the trail. */
async function refuseUntrusted(
  caller: Caller,
  config: Config,
  { failures, sinks }: OpenPlugins,
): Promise<void> {
  const broken = failures.find(({ error }) => error instanceof LockError)?.error;
  if (broken !== undefined) throw new RefusedError(broken.message, hintOf(broken));
  const refused = failures.map(({ error }) => error).filter((error) => error instanceof UntrustedError);
  const [first] = refused;
  if (first === undefined) return;
  await using trail = openStackTrail(caller, config, sinks);
  for (const { spec, message, changes } of refused) {
    const details = { source: spec, reason: message, changed: [...changes.changed, ...changes.added] };
    await trail.append({ operation: "plugin_trust", outcome: "refused", details });
  }
  throw new RefusedError(first.message, first.hint);
}

function chosen(plugins: OpenPlugins, only: readonly string[], flag = "--plugin"): OpenPlugins {
  if (only.length === 0) return plugins;
  const meant = only.map((word) => ({ word, names: namesMeantBy(word, plugins) }));
  const stray = meant.find(({ names }) => names.length === 0)?.word;
  if (stray !== undefined) throw noSuchBackend(stray, plugins, flag);
  const wanted = new Set(meant.flatMap(({ names }) => names));
  return {
    backends: plugins.backends.filter(({ name }) => wanted.has(name)),
    failures: plugins.failures.filter(({ name }) => wanted.has(name)),
    sinks: plugins.sinks,
    stores: plugins.stores,
  };
}

function noSuchBackend(word: string, { backends, failures }: OpenPlugins, flag: string): UsageError {
  const names = [...backends, ...failures].map(({ name }) => name);
  const meant = closest(word, names);
  const hint = meant === undefined ? `there are ${names.join(", ")}` : `did you mean ${meant}?`;
  return new UsageError(`${flag} ${word}: there is no such backend`, hint);
}

function configProblems({ name, error }: OpenFailure, config: Config): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems;
  const section = (["backends", "sinks", "stores"] as const).find((key) => Object.hasOwn(config[key], name));
  const plugins = [pluginOf(name, config), pluginOfStore(name, config)];
  const isForeign = plugins.some((plugin) => plugin.includes("/")) && config.plugins.length > 0;
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
  caller: Caller,
  config: Config,
  sinks?: readonly OpenSink[],
): Trail & AsyncDisposable {
  const trail = openTrail({
    ...trailPlaces(config),
    ...given({ sinks, identity: caller.actor && identityOf(caller.actor), onEvent: caller.onEvent }),
    staleAfterMs: config.audit.staleAfter * 60_000,
    sinkTimeLimitMs: (sink) => sinkLimitMs(config, sink),
    onWarning: (message) => caller.warn(message),
  });
  return { ...trail, [Symbol.asyncDispose]: trail.close };
}

/** What a task works on: the stack as opened by {@link openStack}, and its caller's channels. @throws as it does */
export async function openContext(
  caller: Caller,
  opens: Wanted | "nothing" | ((config: Config) => Wanted | "nothing") = {},
): Promise<TaskContext> {
  const wanted = typeof opens === "function" ? opens(await loadConfig(caller)) : opens;
  if (wanted === "nothing")
    return contextOf(caller, { config: await loadConfig(caller), ...NOTHING_OPEN, failures: [] });
  const stack = await openStack(caller, wanted);
  return contextOf(caller, stack, stack.sinks);
}

/** @param sinks see {@link openStackTrail} */
function contextOf(caller: Caller, stack: Stack, sinks?: readonly OpenSink[]): TaskContext {
  const { directory, env, signal, note, warn, follow, waitFor, pour } = caller;
  const { onRequest, onWait, askPassphrase, isDry } = caller;
  const { file: trailFile, home } = trailPlaces(stack.config);
  const openTrail = () => openStackTrail(caller, stack.config, sinks);
  const optional = given({ onRequest, onWait, askPassphrase, isDry });
  const channels = { note, warn, follow, waitFor, pour, ...optional };
  return { ...stack, directory, env, signal, ...channels, trailFile, home, openTrail };
}

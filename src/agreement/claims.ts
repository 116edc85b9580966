/** Everything that a project wants from its user, found without running, reading or sending anything. */
import type { Config } from "../config/config.ts";
import { realKeyOf, targetsAsBackends } from "../config/drill-targets.ts";
import {
  configuredAs,
  enabledInstances,
  enabledStores,
  pluginOf,
  pluginOfStore,
} from "../config/instances.ts";
import type { PluginKind } from "../config/resolve-options.ts";
import { referencesIn } from "../config/secrets.ts";
import { readListen } from "../config/service.ts";
import type { Plugin } from "../contract/contract.ts";
import type { BuiltIn } from "../host/built-in.ts";
import { checkDeclaration } from "../host/plugin/declaration.ts";
import { LockError, type PluginLock, readLock } from "../host/trust/lock.ts";
import { activityClaims } from "./activity-claims.ts";
import { type Claim, sorted } from "./claim.ts";
import { logClaims } from "./log-claims.ts";
import { isLoopback } from "./loopback.ts";
import { notifyClaims } from "./notify-claims.ts";
import { pathClaims } from "./places.ts";
import { builtInClaims, foreignClaims } from "./plugin-claims.ts";
import { expanded, literalText, wordsText, writtenSteps } from "./shown.ts";

/** What is needed to find claims, besides the configuration. */
interface Surroundings {
  /** The working directory, the base of relative paths in plugin options. */
  readonly cwd: string;
  readonly builtIns: readonly BuiltIn[];
}

const KINDS: readonly PluginKind[] = ["backends", "sinks", "stores"];

/**
 * What the project wants, in display order. What the user sets by flag or variable is not included.
 */
export async function claimsOf(config: Config, { cwd, builtIns }: Surroundings): Promise<Claim[]> {
  const code = codeClaims(config);
  const found = [
    ...code,
    ...commandClaims(config),
    ...stepClaims(config),
    ...beforeClaims(config),
    ...allowedClaims(config),
    ...backupsClaims(config),
    ...serviceClaims(config),
    ...activityClaims(config),
    ...logClaims(config),
    ...notifyClaims(config),
    ...(await settingsClaims(config, { cwd, builtIns })),
    ...(await drillClaims(config, { cwd, builtIns })),
  ];
  return sorted([...found, ...nameClaims(config, found)]);
}

/** The claim for a plugin's files. @param sha256 of all its files, as in `contextcore.lock` */
export const codeClaim = (spec: string, sha256: string): Claim => ({
  kind: "plugin",
  key: "plugins",
  value: `${spec} sha256:${sha256}`,
});

/** Plugins that the user names are included, because the project's own lock decides which code they are. Code that is not in the lock never runs. */
function codeClaims({ plugins, directory }: Config): Claim[] {
  const lock = lockOf(directory);
  return plugins.flatMap((spec) => {
    const entry = Object.hasOwn(lock, spec) ? lock[spec] : undefined;
    return entry === undefined ? [] : [codeClaim(spec, entry.hash)];
  });
}

/** An unreadable lock trusts nothing; opening the plugins reports it. */
function lockOf(directory: string): PluginLock {
  try {
    return readLock(directory);
  } catch (error) {
    if (error instanceof LockError) return {};
    throw error;
  }
}

const USUAL = ["docker", "compose", "down", "-v"];

function commandClaims({ destroy, fromFile, env }: Config): Claim[] {
  const written = fromFile?.(["destroy", "command"]);
  if (!Array.isArray(written) || wordsText(destroy.command) === wordsText(USUAL)) return [];
  const words = written.map((word) => expanded(String(word), env));
  return [{ kind: "command", key: "destroy.command", value: literalText(wordsText(words), false) }];
}

/** Each command of the runbook, under its place in it. */
const stepClaims = (config: Config): Claim[] =>
  [...writtenSteps(config)].map(([index, words]) => ({
    kind: "step",
    key: `recovery.steps.${index}`,
    value: literalText(wordsText(words), false),
  }));

/** The commands that make the targets of drills anew, as the project's file has them. */
function beforeClaims({ fromFile, env, drill }: Config): Claim[] {
  return Object.keys(drill).flatMap((name): Claim[] => {
    const written = fromFile?.(["drill", name, "before"]);
    if (!Array.isArray(written)) return [];
    const words = written.map((word) => expanded(String(word), env));
    const value = literalText(wordsText(words), false);
    return [{ kind: "before", key: `drill.${name}.before`, value }];
  });
}

/** Where drills write to. */
async function drillClaims(config: Config, surroundings: Surroundings): Promise<Claim[]> {
  const claims = await settingsClaims(targetsAsBackends(config), surroundings);
  return claims.map((claim) => ({ ...claim, key: realKeyOf(claim.key) }));
}

/** Settings that lift a rule of the destroy policy. `destroy.deny` is not one: it can only refuse more. */
function allowedClaims({ fromFile, env }: Config): Claim[] {
  const written = fromFile?.(["destroy", "allow"]);
  const texts: readonly unknown[] = Array.isArray(written) ? written : [];
  return texts.map((text) => ({
    kind: "allowed",
    key: "destroy.allow",
    value: literalText(expanded(String(text), env), false),
  }));
}

function backupsClaims(config: Config): Claim[] {
  const written = config.fromFile?.(["backups"]);
  const isFile = typeof written === "string";
  const text = isFile ? written : config.backups;
  return pathClaims({ key: "backups", text, isFile }, config, config.directory);
}

/** Where the service can be reached from other machines, whose word it takes there, and its key where that lies elsewhere. */
function serviceClaims(config: Config): Claim[] {
  const { fromFile, env, directory } = config;
  const text = (path: readonly string[]): string | undefined => {
    const written = fromFile?.(["service", ...path]);
    return typeof written === "string" ? written : undefined;
  };
  const listen = text(["listen"]);
  const host = listen === undefined ? undefined : readListen(expanded(listen, env))?.host;
  const isOpen = host !== undefined && !isLoopback(host);
  const address = { kind: "listen", key: "service.listen", value: expanded(listen ?? "", env) } as const;
  const proxies = fromFile?.(["service", "trusted_proxy"]);
  const trusted: readonly unknown[] = Array.isArray(proxies) ? proxies : [];
  const files = (["cert", "key"] as const).flatMap((part) => {
    const path = text(["tls", part]);
    const setting = { key: `service.tls.${part}`, text: path ?? "", isFile: true };
    return path === undefined ? [] : pathClaims(setting, config, directory);
  });
  const proxyClaims = trusted.map(
    (one): Claim => ({
      kind: "listen",
      key: "service.trusted_proxy",
      value: literalText(String(one), false),
    }),
  );
  return [...(isOpen ? [address] : []), ...proxyClaims, ...files];
}

async function settingsClaims(config: Config, { cwd, builtIns }: Surroundings): Promise<Claim[]> {
  const named: Record<PluginKind, Set<string>> = {
    backends: new Set(Object.keys(config.backends)),
    sinks: new Set(Object.keys(config.sinks)),
    stores: new Set(Object.keys(config.stores)),
  };
  const claims: Claim[] = [];
  for (const { name, load } of builtIns) {
    const instances = [...named.backends].filter((one) => pluginOf(one, config) === name);
    const isSink = named.sinks.delete(name);
    for (const instance of instances) named.backends.delete(instance);
    const stores = [...named.stores].filter((one) => pluginOfStore(one, config) === name);
    for (const store of stores) named.stores.delete(store);
    // The file makes no claim for a plugin that it does not name, so that one need not be loaded.
    if (instances.length + stores.length > 0 || isSink)
      claims.push(...ownClaims(checkDeclaration(await load(), "built-in"), config, cwd));
  }
  // Without third-party plugins, any remaining name is a typo.
  if (config.plugins.length === 0) return claims;
  const foreign = KINDS.flatMap((kind) =>
    [...named[kind]].flatMap((name) => foreignClaims(name, kind, config)),
  );
  return [...claims, ...foreign];
}

/** Claims of every name that the plugin is used under, since each leads to a server of its own. */
function ownClaims(plugin: Plugin, config: Config, cwd: string): Claim[] {
  const { name, backend, sink, store } = plugin;
  const stores = store === undefined ? [] : enabledStores(name, config);
  const instances = backend === undefined ? [] : enabledInstances(name, config);
  const isSink = sink !== undefined && config.sinks[name]?.enabled === true;
  return [
    ...instances.flatMap((one) => builtInClaims(configuredAs(one, plugin), "backends", config, cwd)),
    ...(isSink ? builtInClaims(plugin, "sinks", config, cwd) : []),
    ...stores.flatMap((one) => builtInClaims(configuredAs(one, plugin), "stores", config, cwd)),
  ];
}

/** The stack's name is in every event that goes to a sink. */
function nameClaims({ fromFile }: Config, found: readonly Claim[]): Claim[] {
  const written = fromFile?.(["name"]);
  const isTold = found.some(({ kind }) => kind === "address" || kind === "plugin");
  if (!isTold || typeof written !== "string") return [];
  return referencesIn(written).map((name) => ({
    kind: "secret",
    key: "name",
    value: `\${${name}}`,
    to: ["every sink"],
  }));
}

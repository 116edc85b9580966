/** Decides which third-party plugins may be loaded. */

import {
  type DeclaredEntry,
  declared,
  keepTrust,
  type ShownFiles,
  tidyCopies,
} from "../agreement/plugin-trust.ts";
import type { Ending } from "../audit/format/event.ts";
import type { Config } from "../config/config.ts";
import { addToPlugins, takeFromPlugins } from "../config/edit-plugins.ts";
import type { Plugin } from "../contract/contract.ts";
import { locatePlugin } from "../host/plugin/locate.ts";
import { type Difference, differences } from "../host/trust/differences.ts";
import { hashOfFiles, pluginFiles } from "../host/trust/files.ts";
import { type LockEntry, readLock } from "../host/trust/lock.ts";
import { distrustPlugin } from "../host/trust/record.ts";
import { type Changes, changesSince, isUnchanged } from "../host/trust/trust.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { configuredSpec, locateWord } from "./plugin-spec.ts";
import { withLastWord } from "./task/last-word.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const params = {
  action: {
    type: "positional",
    values: ["add", "trust", "remove"],
    required: true,
    about: "add: load it from now on; trust: load it as it is now; remove: no longer load it",
  },
  plugin: {
    type: "positional",
    hint: "PLUGIN",
    required: true,
    complete: "third-parties",
    local: true,
    about: "its name, path or package",
  },
} as const;

/** Trust to grant or to revoke. */
export type TrustPlan = Granting | Removal;

/** A plugin to trust in its present state. */
export interface Granting extends ShownFiles {
  readonly action: "add" | "trust";
  readonly spec: string;
  readonly sha256: string;
  /** Its present lock entry. */
  readonly entry: LockEntry | undefined;
  readonly changes: Changes;
  /** Empty if the plugin was never trusted. */
  readonly differences: readonly Difference[];
  /** It is unchanged since it was trusted: there is nothing to do. */
  readonly isTrusted: boolean;
}

/** A plugin to stop trusting. */
interface Removal {
  readonly action: "remove";
  readonly spec: string;
  readonly sha256: string;
  readonly name: string;
}

/** What is trusted now, or no longer. */
export interface Trusted {
  readonly name: string;
  /** Absent when the plugin was removed. */
  readonly plugin?: Plugin;
  /** The configuration file, if the plugin was added to it. */
  readonly file?: string;
}

export const pluginTrust = defineTask({
  kind: "plugin_trust",
  about: "decide which third-party plugins may be loaded",
  params,
  opens: () => "nothing",
  destructive: false,
  recorded: "end",
  async plan({ action, plugin: word }, { config, directory }: TaskContext): Promise<TrustPlan> {
    if (action === "add") return granting(action, locateWord(word, directory, config), config);
    const spec = configuredSpec(word, directory, config);
    if (action === "trust") return granting(action, locatePlugin(spec, config.directory), config);
    const { name = spec, hash = "untrusted" } = readLock(config.directory)[spec] ?? {};
    return { action, spec, sha256: hash, name };
  },
  targets: (plan) =>
    plan.action !== "remove" && plan.isTrusted
      ? []
      : [{ kind: "plugin", name: plan.spec, identity: plan.sha256 }],
  async run(plan, running: Running): Promise<Done<Trusted>> {
    return plan.action === "remove" ? remove(plan, running) : grant(plan, running);
  },
});

function granting(action: Granting["action"], location: ShownFiles["location"], config: Config): Granting {
  const { directory } = config;
  const found = pluginFiles(location);
  const entry = readLock(directory)[location.spec];
  const changes = changesSince(found, entry);
  return {
    action,
    spec: location.spec,
    sha256: hashOfFiles(found.files),
    location,
    found,
    entry,
    changes,
    differences:
      action === "add" || entry === undefined
        ? []
        : differences(changes, { directory, location, found, entry }),
    isTrusted: action === "trust" && entry !== undefined && isUnchanged(changes),
  };
}

async function grant(plan: Granting, running: Running): Promise<Done<Trusted>> {
  const { config, recordEnd, did } = running;
  const { plugin, entry } = await declared(plan, running);
  const ending = grantedEnding(plan, { plugin, entry });
  await recordEnd(ending);
  await keepTrust(plan, entry, running);
  did({ trusted: true });
  tidy(running);
  const file = plan.action === "add" ? { file: listed(plugin, plan, config) } : {};
  return { result: { name: plugin.name, plugin, ...file }, ending };
}

const grantedEnding = ({ action, spec, found }: Granting, { plugin, entry }: DeclaredEntry): Ending => ({
  outcome: "success",
  details: {
    action,
    plugin: plugin.name,
    source: spec,
    sha256: entry.hash,
    files: found.files.size,
    ...given({ version: plugin.version }),
  },
});

/** The trust is recorded by now, even if the configuration cannot be changed. */
function listed({ name }: Plugin, { spec }: Granting, config: Config): string {
  try {
    return addToPlugins(config, spec);
  } catch (error) {
    throw withLastWord(error, `${name} is trusted, but not yet listed under \`plugins\``);
  }
}

async function remove({ spec, name }: Removal, running: Running): Promise<Done<Trusted>> {
  const { config, recordEnd } = running;
  const details = { action: "remove", plugin: name, source: spec };
  const ending = { outcome: "success", details } as const;
  await recordEnd(ending);
  takeFromPlugins(config, spec);
  distrustPlugin(config.directory, spec);
  tidy(running);
  return { result: { name }, ending };
}

/** The change is already done, so a failure here is only a warning. */
function tidy({ config, warn }: Running): void {
  try {
    tidyCopies(config);
  } catch (error) {
    warn(`copies of files that are no longer trusted could not be removed: ${messageOf(error)}`);
  }
}

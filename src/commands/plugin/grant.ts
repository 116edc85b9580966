/** Loads a plugin that a person agreed to, and records the trust in the lock and in the trail. */
import { agreeToPlugin } from "../../agreement/standing.ts";
import type { Config } from "../../config/config.ts";
import type { Plugin } from "../../contract/contract.ts";
import { boundsFrom } from "../../host/apart/bounds.ts";
import { loadApart } from "../../host/apart/load-apart.ts";
import { DeclarationError } from "../../host/declaration.ts";
import type { Location } from "../../host/locate.ts";
import { toStderr } from "../../host/logger.ts";
import { keepCopies } from "../../host/trust/copies.ts";
import { hashOfFiles, type PluginFiles, pluginFiles } from "../../host/trust/files.ts";
import { readLock } from "../../host/trust/lock.ts";
import { entryFor, trustPlugin } from "../../host/trust/record.ts";
import { agreementOf } from "../agreement.ts";
import type { Call } from "../command.ts";
import { trailPlaces } from "../trail-places.ts";
import { recorded, tidyCopies } from "./recorded.ts";

export interface Grant {
  readonly call: Call;
  readonly config: Config;
  readonly location: Location;
  readonly found: PluginFiles;
  readonly action: "add" | "trust";
}

/** @throws DeclarationError when it does not load or fit, and TrailError when the trust cannot be recorded */
export async function grantTrust({ call, config, location, found, action }: Grant): Promise<Plugin> {
  requireAsShown(location, found);
  await agreementOf(call, config); // before the trail is written to: a project that was in use is taken over now, or never
  const plugin = await declarationOf(location, found, config);
  requireOwnName(plugin, location.spec, config);
  const entry = entryFor(plugin, found);
  const { name, version } = plugin;
  const details = {
    action,
    plugin: name,
    source: location.spec,
    sha256: entry.hash,
    files: found.files.size,
    ...(version === undefined ? {} : { version }),
  };
  await recorded(call, config, details, async () => {
    await agreeToPlugin(location.spec, entry.hash, config, trailPlaces(call, config).home);
    keepCopies(config.directory, location, found);
    trustPlugin(config.directory, location.spec, entry);
  });
  tidyCopies(call, config);
  return plugin;
}

/** It is loaded to see that it can be, and what it calls itself; nothing of it goes on running. */
async function declarationOf(location: Location, files: PluginFiles, { env }: Config): Promise<Plugin> {
  const { plugin, apart } = await loadApart({ location, files, say: toStderr, ...boundsFrom(env) });
  await apart.end();
  return plugin;
}

/** Between the question and the answer there is time to change a file. */
function requireAsShown(location: Location, { files }: PluginFiles): void {
  if (hashOfFiles(pluginFiles(location).files) === hashOfFiles(files)) return;
  throw new DeclarationError(
    `the files of ${location.spec} have changed since they were shown, and nothing was trusted`,
    "Look at them again.",
  );
}

function requireOwnName({ name }: Plugin, spec: string, { directory }: Config): void {
  const other = Object.entries(readLock(directory)).find(
    ([key, entry]) => key !== spec && entry.name === name,
  );
  if (other === undefined) return;
  throw new DeclarationError(
    `${other[0]} is already called ${name}`,
    `Two plugins cannot have one name. To take the other's place: contextcore plugin remove ${name}`,
  );
}

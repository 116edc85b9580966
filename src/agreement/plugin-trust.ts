/** Trusts a plugin's files: stores the agreement in the user's home and the lock in the project. */
import type { Config } from "../config/config.ts";
import type { Plugin } from "../contract/contract.ts";
import { boundsFrom } from "../host/apart/bounds.ts";
import { DeclarationError } from "../host/plugin/declaration.ts";
import type { Location } from "../host/plugin/locate.ts";
import { dropOldCopies, keepCopies } from "../host/trust/copies.ts";
import { hashOfFiles, type PluginFiles, pluginFiles } from "../host/trust/files.ts";
import { type LockEntry, readLock } from "../host/trust/lock.ts";
import { entryFor, trustPlugin } from "../host/trust/record.ts";
import { agreeToPlugin } from "./standing.ts";

/** A plugin's files as they were shown. */
export interface ShownFiles {
  readonly location: Location;
  readonly found: PluginFiles;
}

/** The entry that would be trusted. */
export interface DeclaredEntry {
  readonly plugin: Plugin;
  readonly entry: LockEntry;
}

/**
 * Loads the plugin once to check that it loads and to learn its name. It does not keep running, and nothing is trusted yet.
 * @throws DeclarationError when it does not load, is not a valid plugin, or has changed since it was shown
 */
export async function declared(
  { location, found }: ShownFiles,
  { config, note: say }: { readonly config: Config; readonly note: (line: string) => void },
): Promise<DeclaredEntry> {
  requireAsShown(location, found);
  const { loadApart } = await import("../host/apart/load-apart.ts");
  const { plugin, apart } = await loadApart({ location, files: found, say, ...boundsFrom(config.env) });
  await apart.end();
  requireOwnName(plugin, location.spec, config);
  return { plugin, entry: entryFor(plugin, found) };
}

/** From now on these files may be loaded. @param home `~/.contextcore` of the user */
export async function keepTrust(
  { location, found }: ShownFiles,
  entry: LockEntry,
  { config, home }: { readonly config: Config; readonly home: string },
): Promise<void> {
  await agreeToPlugin(location.spec, entry.hash, config, home);
  keepCopies(config.directory, location, found);
  trustPlugin(config.directory, location.spec, entry);
}

/** Removes the copies of files that are no longer trusted. */
export const tidyCopies = ({ directory }: Config): void => dropOldCopies(directory, readLock(directory));

/** A file could change between the question and the answer. */
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
    `Two plugins cannot have the same name. To replace the other one: contextcore plugin remove ${name}`,
  );
}

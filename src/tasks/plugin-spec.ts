/** Turns what a person types into the configuration's name for a plugin. */
import { isAbsolute, relative, resolve, sep } from "node:path";
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { DeclarationError } from "../host/plugin/declaration.ts";
import { type Location, locatePlugin } from "../host/plugin/locate.ts";
import { readLock } from "../host/trust/lock.ts";
import { isThere } from "../storage/entries.ts";
import { UsageError } from "./task/errors.ts";

/** A path as the configuration writes it, relative to its own directory: `./plugins/lines`. Package names stay unchanged. */
function specOf(word: string, directory: string, config: Config): string {
  const isPath = /^(\.{1,2}([/\\]|$)|[/\\]|[A-Za-z]:[/\\])|\.[mc]?[tj]s$/.test(word);
  if (!isPath && !isThere(resolve(directory, word))) return word;
  const path = relative(config.directory, resolve(directory, word)).split(sep).join("/");
  if (isAbsolute(path)) return path;
  return path === "" ? "." : path.startsWith("../") ? path : `./${path}`;
}

/**
 * Finds the plugin that a person names by a path (relative to the current directory) or by its package.
 * @throws UsageError when there is none
 */
export function locateWord(word: string, directory: string, config: Config): Location {
  try {
    return locatePlugin(specOf(word, directory, config), config.directory);
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    const path = resolve(directory, word);
    const hint = isThere(path) ? error.hint : `paths are relative to the folder you are in, ${directory}`;
    throw new UsageError(error.message, hint);
  }
}

/**
 * Finds a configured plugin by its name, path or package.
 * @throws UsageError when there is none
 */
export function configuredSpec(word: string, directory: string, config: Config): string {
  const lock = readLock(config.directory);
  const named = Object.entries(lock).find(([, entry]) => entry.name === word)?.[0];
  const spec = named ?? specOf(word, directory, config);
  if (config.plugins.includes(spec) || lock[spec] !== undefined) return spec;
  const known = [...config.plugins, ...Object.values(lock).map(({ name }) => name)];
  const meant = closest(word, known);
  const hint = meant === undefined ? "contextcore plugin list shows all" : `did you mean ${meant}?`;
  throw new UsageError(`the configuration has no third-party plugin ${word}`, hint);
}

/** Environment variables that look like settings of ours, and are none. */
import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import { CORE_SETTINGS, environmentName } from "../../config/environment.ts";
import { entriesOf, environmentNames } from "../../config/resolve-options.ts";
import { FILE_BYTES_MAX } from "../../config/source.ts";
import { OWN_VARIABLES } from "../../config/variables.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import type { DeclaredPlugins } from "../../host/host.ts";
import { readNamedText } from "../../storage/own-file.ts";
import { openedOf } from "../settings.ts";

const OURS = "CONTEXTCORE_";

/** A warning for each variable that changes nothing, with the one that was probably meant. */
export function unreadVariables(
  config: Config,
  plugins: DeclaredPlugins,
  builtIns: readonly BuiltIn[],
): string[] {
  const known = new Set([
    ...OWN_VARIABLES.map(({ name }) => name),
    ...CORE_SETTINGS.map(({ variable }) => variable),
    ...ofOptions(plugins),
  ]);
  const endings = [...known].flatMap((one) => (one.startsWith(OURS) ? [one.slice(OURS.length)] : []));
  const named = namedInFile(config);
  const idle = idlePrefixes(config, plugins, builtIns);
  return Object.keys(config.env)
    .filter((name) => name.startsWith(OURS) && !known.has(name) && !named.has(name))
    .flatMap((name) => {
      const meant = closest(name.slice(OURS.length), endings);
      if (meant !== undefined) return [`${name} changes nothing: did you mean ${OURS}${meant}?`];
      return idle.some((prefix) => name.startsWith(prefix)) ? [] : [`${name} changes nothing`];
    });
}

const ofOptions = (plugins: DeclaredPlugins): string[] =>
  openedOf(plugins).flatMap(([kind, plugin]) =>
    Object.entries(entriesOf(plugin, kind)).flatMap(([key, schema]) =>
      environmentNames(plugin, key, schema, kind),
    ),
  );

/** Variables that the file refers to as `${NAME}`. */
function namedInFile({ file }: Config): ReadonlySet<string> {
  const text = file === undefined ? "" : readNamedText(file, FILE_BYTES_MAX);
  return new Set(text.match(/\bCONTEXTCORE_\w+/g));
}

/**
 * The prefixes of variables that may belong to a plugin that is not open now: its options are not known here. If third-party
 * plugins may be among them, any variable of ours may be theirs.
 */
function idlePrefixes(
  config: Config,
  { backends, sinks, stores, failures }: DeclaredPlugins,
  builtIns: readonly BuiltIn[],
): string[] {
  if (config.plugins.length > 0 || failures.length > 0) return [OURS];
  const opened = new Set([...backends, ...sinks, ...stores].map(({ name }) => name));
  const names = [
    ...builtIns.map(({ name }) => name),
    ...Object.keys(config.backends),
    ...Object.keys(config.stores),
  ];
  return names.filter((name) => !opened.has(name)).map((name) => `${environmentName([name])}_`);
}

/** Finds variables with two meanings: `CONTEXTCORE_TEMPO_S3_REGION` for `tempo` and for an instance `tempo-s3`. */
import type { Config } from "../config/config.ts";
import { CORE_SETTINGS, environmentName } from "../config/environment.ts";
import { ConfigError } from "../config/errors.ts";
import { configuredAs, enabledInstances, enabledStores } from "../config/instances.ts";
import { entriesOf } from "../config/resolve-options.ts";
import { OWN_VARIABLES } from "../config/variables.ts";
import type { OpenFailure } from "./open.ts";
import type { LoadedPlugin } from "./opening.ts";

/** A failure for each variable that is set and has two meanings, since nobody can tell which is meant. */
export function sharedVariables(loaded: readonly LoadedPlugin[], config: Config): OpenFailure[] {
  const meanings = new Map<string, string[]>();
  const note = (variable: string, setting: string): void =>
    void meanings.set(variable, [...(meanings.get(variable) ?? []), setting]);
  for (const { name } of OWN_VARIABLES) note(name, "the program itself");
  for (const { variable, path } of CORE_SETTINGS) note(variable, path.join("."));
  const names = loaded.flatMap(({ plugin, onlyNamed }) =>
    plugin.backend === undefined
      ? []
      : enabledInstances(plugin.name, config, onlyNamed).map((name) => configuredAs(name, plugin)),
  );
  const stores = loaded.flatMap(({ plugin }) =>
    enabledStores(plugin.name, config).map((name) => configuredAs(name, plugin)),
  );
  for (const [kind, all] of [
    ["backends", names],
    ["stores", stores],
  ] as const)
    for (const named of all)
      for (const key of Object.keys(entriesOf(named, kind)))
        note(environmentName([named.name, key]), `${kind}.${named.name}.${key}`);
  return [...meanings].flatMap(([variable, [first = "", second]]) => {
    if (second === undefined || !config.env[variable]) return [];
    const hint = `write ${second} into contextcore.yaml, set it with --set, or give the instance another name`;
    const problem = { where: variable, key: second, what: `the same variable as that of ${first}`, hint };
    return [{ name: variable, error: new ConfigError([problem]) }];
  });
}

/** Names of instances by which one variable of the environment would say two things. */
import type { Config } from "../config/config.ts";
import { CORE_SETTINGS, OWN_VARIABLES } from "../config/environment.ts";
import { configuredAs, enabledInstances } from "../config/instances.ts";
import { entriesOf, environmentNames } from "../config/resolve-options.ts";
import type { LoadedPlugin } from "./opening.ts";

/** What a variable is of. */
interface Meaning {
  readonly variable: string;
  /** As people know it: `tempo.otlpUrl`, or the program's own. */
  readonly text: string;
  /** The instance, where it has a name other than its plugin. */
  readonly instance?: string;
}

/** By the name of an instance, why it cannot have it: `tempo-otlp` has its `url` where `tempo` has its `otlpUrl`. */
export function sharedVariables(
  loaded: readonly LoadedPlugin[],
  config: Config,
): readonly { readonly name: string; readonly what: string }[] {
  const known = new Map([...OWN_VARIABLES, ...CORE_SETTINGS.map(({ variable }) => variable)].map(ownMeaning));
  const all = loaded.flatMap((one) => meaningsOf(one, config));
  const found = new Map<string, string>();
  // Those of plugins come first: it is the instance that may be called otherwise.
  for (const one of all.toSorted(
    (a, b) => Number(a.instance !== undefined) - Number(b.instance !== undefined),
  )) {
    const other = known.get(one.variable);
    if (other === undefined) known.set(one.variable, one);
    else if (one.instance !== undefined && !found.has(one.instance))
      found.set(one.instance, `${one.text} and ${other.text} have the variable ${one.variable} in common`);
  }
  return [...found].map(([name, what]) => ({ name, what }));
}

const ownMeaning = (variable: string): [string, Meaning] => [
  variable,
  { variable, text: "a setting of contextcore itself" },
];

function meaningsOf({ plugin }: LoadedPlugin, config: Config): Meaning[] {
  if (plugin.backend === undefined) return [];
  return enabledInstances(plugin.name, config).flatMap((name) => {
    const named = configuredAs(name, plugin);
    return Object.entries(entriesOf(named, "backends")).flatMap(([key, schema]) =>
      environmentNames(named, key, schema).map((variable) => ({
        variable,
        text: `${name}.${key}`,
        ...(name === plugin.name ? {} : { instance: name }),
      })),
    );
  });
}

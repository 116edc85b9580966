/** Mistakes in what the configuration says of drills: a target that is nobody's would be passed over, and a look-alike used instead. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { realKeyOf, targetName, targetsAsBackends } from "../config/drill-targets.ts";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import { configuredAs } from "../config/instances.ts";
import { resolveOptions } from "../config/resolve-options.ts";
import type { OpenBackend } from "../host/open.ts";
import { given } from "../units/given.ts";

/** The backends that a target can be for, opened or only declared. */
interface Known {
  readonly backends: readonly Pick<OpenBackend, "name" | "configured" | "plugin">[];
  readonly failures: readonly { readonly name: string }[];
}

/** Everything below `drill` that is wrong. */
export function drillProblems(config: Config, { backends, failures }: Known): ConfigProblem[] {
  const plugins = new Map(backends.map(({ name, configured = name, plugin }) => [configured, plugin]));
  const names = [...plugins.keys(), ...Object.keys(config.backends), ...failures.map(({ name }) => name)];
  const targets = targetsAsBackends(config);
  return Object.keys(config.drill).flatMap((name) => {
    const plugin = plugins.get(name);
    if (plugin !== undefined) return problemsOf(() => resolveTarget(name, plugin, targets));
    return names.includes(name) ? [] : [unknownBackend(name, names, config)];
  });
}

const resolveTarget = (name: string, plugin: OpenBackend["plugin"], targets: Config) =>
  resolveOptions(configuredAs(targetName(name), plugin), "backends", targets);

function problemsOf(resolve: () => unknown): ConfigProblem[] {
  try {
    resolve();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => ({ ...problem, key: realKeyOf(problem.key) }));
  }
}

function unknownBackend(name: string, names: readonly string[], { where }: Config): ConfigProblem {
  const meant = closest(name, names);
  const hint = meant === undefined ? `there are ${[...new Set(names)].join(", ")}` : `did you mean ${meant}?`;
  const place = where?.(["drill", name]) ?? "the configuration";
  return { where: place, key: `drill.${name}`, what: "there is no such backend", ...given({ hint }) };
}

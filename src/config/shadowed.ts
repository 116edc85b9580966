/** Finds invalid values in the file that the environment or `--set` overrides, because they would only show where those are not set. */
import * as v from "valibot";
import type { Config } from "./config.ts";
import type { ConfigProblem } from "./errors.ts";
import type { Configured } from "./instances.ts";
import { about } from "./introspect.ts";
import { toProblem } from "./issues.ts";
import { entriesOf, finish, type PluginKind, type ResolvedOptions } from "./resolve-options.ts";

/**
 * The file's values that are not in force and invalid. A variable or secret file that is missing here is not an error: it
 * may exist where it is needed.
 */
export function shadowedProblems(
  plugin: Configured,
  kind: PluginKind,
  config: Config,
  { found }: ResolvedOptions,
): ConfigProblem[] {
  const written = config[kind][plugin.name]?.options ?? {};
  const entries = entriesOf(plugin, kind);
  return found.flatMap(({ key, from }): ConfigProblem[] => {
    const schema: v.GenericSchema | undefined = entries[key];
    const where = config.where?.([kind, plugin.name, key]) ?? "the configuration";
    const isShadowed = from === "--set" || config.env[from] !== undefined;
    if (schema === undefined || !isShadowed || written[key] === undefined || written[key] === null) return [];
    return issuesOf(written[key], schema, config).map((issue) => {
      const isSecret = () => about(schema).secret === true;
      const prefix = [kind, plugin.name, key];
      const problem = toProblem(issue, { schema, where: () => where, prefix, isSecret });
      return { ...problem, what: `${problem.what} (hidden by ${from} for now)` };
    });
  });
}

function issuesOf(value: unknown, schema: v.GenericSchema, config: Config): readonly v.BaseIssue<unknown>[] {
  try {
    return v.safeParse(schema, finish(value, schema, config)).issues ?? [];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

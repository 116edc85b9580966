/** From the file, `--set` and the defaults to one {@link Config}. */
import { basename, dirname, resolve } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import type { Config, PluginSettings } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { toProblem } from "./issues.ts";
import { ConfigSchema, type ConfigValues } from "./schema.ts";
import { type Environment, expand } from "./secrets.ts";
import { findSource, type Path, type Source } from "./source.ts";

export interface ConfigRequest {
  /** The working directory, absolute. */
  readonly directory: string;
  readonly env: Environment;
  /** From `--config`; else `CONTEXTCORE_CONFIG`; else the nearest `contextcore.yaml`. */
  readonly configFile?: string | undefined;
  /** From `--set KEY=VALUE`, by dotted key. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** Sections whose values belong to plugins: expanded and checked when the plugin is opened, so one cannot spoil the others. */
const PLUGIN_SECTIONS = ["backends", "sinks"];

/** @throws ConfigError naming the key and the line of everything that does not fit */
export async function loadConfig(request: ConfigRequest): Promise<Config> {
  const { directory, env, overrides = {} } = request;
  const source = await findSource(directory, request.configFile ?? (env.CONTEXTCORE_CONFIG || undefined));
  requireOptions(overrides);
  const where = (path: Path) => (isFromFlag(path, source, overrides) ? "--set" : source.where(path));
  const values = check(overlay(expandCore(source, env), overrides), where);
  const home = source.file === undefined ? directory : dirname(source.file);
  return {
    ...shape(values, home),
    ...(source.file === undefined ? {} : { file: source.file }),
    env,
    overrides,
    where,
    isWritten: (path) => path.join(".") in overrides || valueAt(source.value, path) !== undefined,
  };
}

/** A flag said it, or made the only part of it there is. */
function isFromFlag(path: Path, source: Source, overrides: Readonly<Record<string, string>>): boolean {
  const key = path.join(".");
  if (key in overrides) return true;
  const isBelow = Object.keys(overrides).some((one) => key !== "" && one.startsWith(`${key}.`));
  return isBelow && valueAt(source.value, path) === undefined;
}

/** `--set backends.loki=x` would otherwise be taken for nobody's, and left. @throws ConfigError */
function requireOptions(overrides: Readonly<Record<string, string>>): void {
  const problems = Object.keys(overrides)
    .filter((key) => PLUGIN_SECTIONS.includes(key.split(".")[0] ?? "") && key.split(".").length < 3)
    .map((key) => ({
      where: "--set",
      key,
      what: "names no option of a plugin",
      hint: "for example --set backends.loki.url=http://localhost:3100",
    }));
  if (problems.length > 0) throw new ConfigError(problems);
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function expandCore(source: Source, env: Environment): unknown {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (PLUGIN_SECTIONS.includes(key)) return [key, item];
      try {
        return [key, expand(item, env)];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new ConfigError([{ where: source.where([key]), key, what: error.message }]);
      }
    }),
  );
}

/** Puts what `--set` says of the core's own keys into a copy of the tree; whether a plugin is enabled is one of them. */
function overlay(tree: unknown, overrides: Readonly<Record<string, string>>): unknown {
  const copy = structuredClone(tree);
  for (const [key, text] of Object.entries(overrides)) {
    const path = key.split(".");
    const isPlugins = PLUGIN_SECTIONS.includes(path[0] ?? "");
    if (!isPlugins || (path.length === 3 && path[2] === "enabled")) put(copy, path, parse(text));
  }
  return copy;
}

function put(tree: unknown, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (typeof tree !== "object" || tree === null) return;
  if (rest.length === 0) {
    Reflect.set(tree, key, value);
    return;
  }
  const below: unknown = Reflect.get(tree, key);
  if (typeof below !== "object" || below === null) Reflect.set(tree, key, {});
  put(Reflect.get(tree, key), rest, value);
}

function check(tree: unknown, where: (path: Path) => string): ConfigValues {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) throw notAMapping(tree, where([]));
  const result = v.safeParse(ConfigSchema, tree);
  if (result.success) return result.output;
  throw new ConfigError(result.issues.map((issue) => toProblem(issue, { schema: ConfigSchema, where })));
}

function notAMapping(tree: unknown, where: string): ConfigError {
  const found = Array.isArray(tree) ? "a list" : `only ${JSON.stringify(tree)}`;
  const what = `the file must be keys with values, and it is ${found}`;
  const hint = "write for example `name: shop`; contextcore config init writes a whole file";
  return new ConfigError([{ where, key: "", what, hint }]);
}

function shape(values: ConfigValues, home: string): Omit<Config, "env"> {
  return {
    name: values.name ?? (basename(home) || "stack"),
    directory: home,
    backups: resolve(home, values.backups),
    plugins: values.plugins,
    backends: settingsOf(values.backends),
    sinks: settingsOf(values.sinks),
    export: values.export,
    destroy: values.destroy,
    audit: { retention: values.audit.retention, staleAfter: values.audit.stale_after },
  };
}

function settingsOf(plugins: ConfigValues["backends"]): Record<string, PluginSettings> {
  return Object.fromEntries(
    Object.entries(plugins).map(([name, written]) => {
      const { enabled = true, ...options } = written;
      return [name, { enabled: enabled === true, options }];
    }),
  );
}

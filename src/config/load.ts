/** Merges the file, the environment, `--set` and the defaults into one {@link Config}. */
import { basename, dirname, resolve } from "node:path";
import * as v from "valibot";
import { given } from "../units/given.ts";
import { archivingIn } from "./archive.ts";
import { closest } from "./closest.ts";
import type { Config, InstanceSettings, PluginSettings } from "./config.ts";
import { drillTargetsIn } from "./drill.ts";
import { coreSettingAt, PLUGIN_SECTIONS, saidOf } from "./environment.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { toProblem } from "./issues.ts";
import { logsIn } from "./logs.ts";
import { overlay, said } from "./overlay.ts";
import { requireSettings } from "./overrides.ts";
import { daysKept, inForce, retentionIn, retentionProblems } from "./retention.ts";
import { ConfigSchema, type ConfigValues } from "./schema.ts";
import { type Environment, expand } from "./secrets.ts";
import { type ConfigSource, findSource, type Path, parseSource, type WrittenConfig } from "./source.ts";
import { subjectsIn } from "./subjects.ts";

/** Where the configuration comes from: file, environment and command line. */
export interface ConfigRequest {
  /** The working directory, absolute. */
  readonly directory: string;
  readonly env: Environment;
  /** From `--config`; else `CONTEXTCORE_CONFIG`; else the nearest `contextcore.yaml`. */
  readonly configFile?: string | undefined;
  /** From `--set KEY=VALUE`, by dotted key. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Leave out the core's settings that are wrong, to look at the rest: such a configuration is only examined, never used. */
  readonly soundPart?: true;
  /** In the place of the file. */
  readonly written?: WrittenConfig;
}

/** The file that the request names. */
export const namedIn = ({ configFile, env }: Pick<ConfigRequest, "configFile" | "env">): string | undefined =>
  configFile ?? (env.CONTEXTCORE_CONFIG || undefined);

/** @throws ConfigError naming the key and the line of every problem */
export async function loadConfig(request: ConfigRequest): Promise<Config> {
  const { directory, env, overrides = {} } = request;
  requireSettings(overrides);
  const source =
    request.written === undefined
      ? await findSource(directory, namedIn(request))
      : parseSource(request.written.text, request.written.file);
  const where = (path: Path) => {
    if (isFromFlag(path, source, overrides)) return "--set";
    const setting = coreSettingAt(path);
    return (setting && saidOf(setting, env)?.name) ?? source.where(path);
  };
  const written = expandCore(source, env, request.soundPart);
  const values = check(overlay(written, said(env, overrides)), where, request.soundPart);
  const home = source.file === undefined ? directory : dirname(source.file);
  const isWritten = (path: Path) =>
    path.join(".") in said(env, overrides) || valueAt(source.value, path) !== undefined;
  const config = shape(values, home, isWritten);
  if (request.soundPart === undefined) {
    requireStores(values, where);
    requireClasses(config, where);
  }
  return {
    ...config,
    ...given({ file: source.file }),
    env,
    overrides,
    where: (path) => where(inForce(path, isWritten)),
    shadowed: shadowedIn(written, source, where),
    isWritten: (path) => isWritten(inForce(path, isWritten)),
    fromFile: (path) => (path.join(".") in said(env, overrides) ? undefined : valueAt(source.value, path)),
  };
}

/** @throws ConfigError for a copy to, or an archive in, something that is no store */
function requireStores({ copies, stores, archive }: ConfigValues, where: (path: Path) => string): void {
  const names = Object.keys(stores);
  const archives = Object.entries(archive ?? {}).map(
    ([name, { to }]) => [["archive", name, "to"], to] as const,
  );
  const problems = [...copies.map((name) => [["copies"], name] as const), ...archives]
    .filter(([, name]) => !names.includes(name))
    .map(([path, name]) => {
      const meant = closest(name, names);
      const hint = meant === undefined ? "a store has its name below `stores`" : `did you mean ${meant}?`;
      const what = `there is no store called ${JSON.stringify(name)}`;
      return { where: where(path), key: path.join("."), what, hint };
    });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** @throws ConfigError for a class that is not defined, or a place that is no store */
function requireClasses({ retention, stores }: Shaped, where: (path: Path) => string): void {
  const problems = retentionProblems(retention, stores, where);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Whether a flag set it, or set its only part. */
function isFromFlag(path: Path, source: ConfigSource, overrides: Readonly<Record<string, string>>): boolean {
  const key = path.join(".");
  if (path.some((_, at) => path.slice(0, at + 1).join(".") in overrides)) return true;
  const isBelow = Object.keys(overrides).some((one) => key !== "" && one.startsWith(`${key}.`));
  return isBelow && valueAt(source.value, path) === undefined;
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function expandCore(source: ConfigSource, env: Environment, soundPart?: true): unknown {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (PLUGIN_SECTIONS.includes(key)) return [[key, item]];
      try {
        return [[key, expand(item, env)]];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        if (soundPart) return [];
        throw new ConfigError([{ where: source.where([key]), key, what: error.message }]);
      }
    }),
  );
}

function check(tree: unknown, where: (path: Path) => string, soundPart?: true): ConfigValues {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) throw notAMapping(tree, where([]));
  const result = v.safeParse(ConfigSchema, tree);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => toProblem(issue, { schema: ConfigSchema, where }));
  const wrong = new Set(problems.map(({ key }) => key.split(".")[0]));
  const rest = Object.entries(tree).filter(([key]) => !wrong.has(key));
  if (!soundPart || rest.length === Object.keys(tree).length) throw new ConfigError(problems);
  return check(Object.fromEntries(rest), where, soundPart);
}

/** Values of the file that would be invalid if they were in force. */
function shadowedIn(written: unknown, source: ConfigSource, where: (path: Path) => string): ConfigProblem[] {
  const { issues = [] } = v.safeParse(ConfigSchema, written);
  return issues.map((issue) => {
    const problem = toProblem(issue, { schema: ConfigSchema, where: source.where });
    return { ...problem, what: `${problem.what} (hidden by ${where(problem.key.split("."))} for now)` };
  });
}

function notAMapping(tree: unknown, where: string): ConfigError {
  const found = Array.isArray(tree) ? "a list" : `only ${JSON.stringify(tree)}`;
  const what = `the file must consist of keys with values, but it is ${found}`;
  const hint = "write for example `name: shop`; contextcore config init writes a whole file";
  return new ConfigError([{ where, key: "", what, hint }]);
}

type Shaped = Omit<Config, "env">;

function shape(values: ConfigValues, home: string, isWritten: (path: Path) => boolean): Shaped {
  const retention = retentionIn(values.retention);
  const { activity, audit } = values;
  return {
    name: values.name ?? (basename(home) || "stack"),
    directory: home,
    backups: resolve(home, values.backups),
    plugins: values.plugins,
    backends: instancesIn(values.backends),
    sinks: settingsOf(values.sinks),
    stores: instancesIn(values.stores),
    copies: [...new Set(values.copies)],
    export: values.export,
    destroy: values.destroy,
    recovery: values.recovery,
    drill: drillTargetsIn(values.drill),
    archive: archivingIn(values.archive),
    audit: {
      retention: daysKept("audit", audit.retention, retention, isWritten),
      staleAfter: audit.stale_after,
      cleanup: audit.cleanup,
      cleanupInterval: audit.cleanup_interval,
    },
    subjects: subjectsIn(values.subjects),
    activity: {
      ...activity,
      retention: daysKept("activity", activity.retention, retention, isWritten),
    },
    retention,
    logs: logsIn(values.logs),
    service: values.service,
    permissions: values.permissions,
    schedules: values.schedules ?? [],
    notify: values.notify ?? [],
    ...given({ ping: values.ping }),
  };
}

function instancesIn(written: ConfigValues["backends"]): Record<string, InstanceSettings> {
  return Object.fromEntries(
    Object.entries(settingsOf(written)).map(([name, { enabled, options }]) => {
      const { plugin, ...others } = options;
      return [name, { enabled, options: others, ...(typeof plugin === "string" ? { plugin } : {}) }];
    }),
  );
}

function settingsOf(plugins: ConfigValues["sinks"]): Record<string, PluginSettings> {
  return Object.fromEntries(
    Object.entries(plugins).map(([name, written]) => {
      const { enabled = true, ...options } = written;
      return [name, { enabled: enabled === true, options }];
    }),
  );
}

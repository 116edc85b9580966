/** A plugin's options from all their sources: `--set`, the environment, the file, the defaults. */
import { resolve } from "node:path";
import * as v from "valibot";
import type { OptionsSchema } from "../contract/contract.ts";
import type { Config } from "./config.ts";
import { environmentName, fromText } from "./environment.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { type Configured, coreOptionsOf } from "./instances.ts";
import { about } from "./introspect.ts";
import { type OptionIssue, toProblem, unknownKey } from "./issues.ts";
import { unknownClass } from "./retention.ts";
import { expand, readSecret } from "./secrets.ts";
import { TIME_LIMIT_KEY } from "./sink-time-limit.ts";
import type { Path } from "./source.ts";

/** A section of the configuration whose values belong to plugins. */
export type PluginKind = "backends" | "sinks" | "stores";

/** One resolved option; it never contains a secret's value. */
interface FoundOption {
  readonly key: string;
  /** `--set`, an environment name, `contextcore.yaml:12` or `default`. */
  readonly from: string;
  readonly secret: boolean;
}

/** The options that are in force for one instance, and where each of them comes from. */
export interface ResolvedOptions {
  /** Validated, with defaults filled in and secrets in clear. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The same for the core's settings of an instance. */
  readonly core: Readonly<Record<string, unknown>>;
  readonly found: readonly FoundOption[];
}

/** The written value of an option, with variables still by name. */
interface WrittenOption {
  readonly value: unknown;
  readonly from: string;
  /** Set by the project's file rather than by the user. */
  readonly isFile?: true;
}

/** What may be written below the name of a plugin or instance: its own options, and the core's. */
export const entriesOf = (
  named: Configured,
  kind: PluginKind,
): Readonly<Record<string, v.GenericSchema>> => ({
  ...named.options.entries,
  ...coreOptionsOf(named, kind).entries,
});

/**
 * Resolves and checks the options of one plugin or instance. A sink that is also a configured backend (Loki) inherits the
 * backend's settings.
 * @throws ConfigError naming the key and the line, variable or flag of every problem
 */
export function resolveOptions(named: Configured, kind: PluginKind, config: Config): ResolvedOptions {
  const entries = Object.entries(entriesOf(named, kind));
  const problems: ConfigProblem[] = strayKeys(named, kind, config);
  const input: Record<string, unknown> = {};
  const from = new Map<string, string>();
  for (const [key, schema] of entries) {
    const candidate = findCandidate(named, kind, key, schema, config);
    if (candidate === undefined) continue;
    from.set(key, candidate.from);
    try {
      input[key] = finish(candidate.value, schema, config);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push({ where: candidate.from, key: `${kind}.${named.name}.${key}`, what: error.message });
    }
  }
  const checked = check(named, kind, { input, from, problems, config });
  const found = entries.map(([key, schema]) => ({
    key,
    from: from.get(key) ?? "default",
    secret: about(schema).secret === true,
  }));
  return { ...checked, found };
}

/**
 * The environment names of an option; the first one that is set wins. Of backends only the instance named like its plugin has
 * further names: any other is another server, and must not get the first one's credentials. A store is always under a name of
 * its user's choice, and has them: what they hold only signs its calls. There the file wins over these, because one store may
 * be Amazon's and another one not. A third-party plugin (`vendor/name`) has only the name made from its own names, because
 * otherwise its declaration could read any of the user's variables.
 */
export function environmentNames(
  { name, plugin = name }: Pick<Configured, "name" | "plugin">,
  key: string,
  schema: v.GenericSchema,
  kind: PluginKind,
): readonly string[] {
  const isMeant = (plugin === name || kind === "stores") && !plugin.includes("/");
  const further = isMeant ? (about(schema).env ?? []) : [];
  return [environmentName([name, key]), ...further];
}

/** The effective value of an option that is set anywhere. */
export function findCandidate(
  named: Pick<Configured, "name" | "plugin">,
  kind: PluginKind,
  key: string,
  schema: v.GenericSchema,
  config: Config,
): WrittenOption | undefined {
  const { name } = named;
  const override = config.overrides?.[`${kind}.${name}.${key}`];
  if (override !== undefined) return { value: fromText(override, schema), from: "--set" };
  const [own, ...further] = environmentNames(named, key, schema, kind);
  const first = own === undefined ? [] : [own];
  const said = inEnvironment(kind === "stores" ? first : [...first, ...further], schema, config);
  return (
    said ??
    inFile(name, kind, key, config) ??
    inEnvironment(further, schema, config) ??
    followed(named, schema, config)
  );
}

/** What the section `activity` says, for an option of a built-in plugin that follows it. */
function followed(
  { name, plugin = name }: Pick<Configured, "name" | "plugin">,
  schema: v.GenericSchema,
  { activity, isWritten, fromFile, where }: Config,
): WrittenOption | undefined {
  const { follows } = about(schema);
  if (follows === undefined || plugin.includes("/")) return undefined;
  const path = ["activity", follows];
  if (isWritten?.(path) !== true) return undefined;
  const value = new Map<string, unknown>(Object.entries(activity)).get(follows);
  const isFile = fromFile?.(path) !== undefined;
  return { value, from: where?.(path) ?? path.join("."), ...(isFile && { isFile }) };
}

function inEnvironment(
  variables: readonly string[],
  schema: v.GenericSchema,
  { env }: Config,
): WrittenOption | undefined {
  const variable = variables.find((one) => env[one]);
  const text = variable === undefined ? undefined : env[variable];
  return variable === undefined || !text ? undefined : { value: fromText(text, schema), from: variable };
}

function inFile(name: string, kind: PluginKind, key: string, config: Config): WrittenOption | undefined {
  for (const section of kind === "sinks" ? (["sinks", "backends"] as const) : [kind]) {
    const written = config[section][name]?.options[key];
    if (written !== undefined && written !== null)
      return { value: written, from: whereOf(config, [section, name, key]), isFile: true };
  }
  return undefined;
}

const whereOf = (config: Config, path: Path): string => config.where?.(path) ?? "the configuration";

/** The value as the plugin gets it, with variables and secret files read. @throws RangeError when one cannot be read */
export function finish(value: unknown, schema: v.GenericSchema, config: Config): unknown {
  const expanded = expand(value, config.env);
  if (about(schema).secret !== true || config.sealed === true) return expanded;
  if (typeof expanded === "string") return readSecret(expanded, config.directory);
  if (typeof expanded !== "object" || expanded === null) return expanded;
  return Object.fromEntries(
    Object.entries(expanded).map(([key, item]) => [
      key,
      typeof item === "string" ? readSecret(item, config.directory) : item,
    ]),
  );
}

/** Keys in the file and in `--set` that are neither options of the plugin nor known to the core. */
function strayKeys(named: Configured, kind: PluginKind, config: Config): ConfigProblem[] {
  const core = kind === "sinks" ? ["enabled", TIME_LIMIT_KEY] : ["enabled", "plugin"];
  const known = [...new Set([...core, ...Object.keys(entriesOf(named, kind))])];
  // A sink inherits its backend's settings, so it may also set them.
  const taken = new Set([...known, ...Object.keys(coreOptionsOf(named).entries)]);
  const prefix = `${kind}.${named.name}.`;
  const written = Object.keys(config[kind][named.name]?.options ?? {}).map((key) => ({
    key,
    where: whereOf(config, [kind, named.name, key]),
  }));
  const set = Object.keys(config.overrides ?? {})
    .filter((key) => key.startsWith(prefix))
    .map((key) => ({ key: key.slice(prefix.length), where: "--set" }));
  return [...written, ...set]
    .filter(({ key }) => !taken.has(key))
    .map(({ key, where }) => ({ where, key: `${prefix}${key}`, ...unknownKey(key, known) }));
}

interface Checking {
  readonly input: Readonly<Record<string, unknown>>;
  readonly from: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigProblem[];
  readonly config: Config;
}

function check(
  named: Configured,
  kind: PluginKind,
  checking: Checking,
): Pick<ResolvedOptions, "options" | "core"> {
  const problems: ConfigProblem[] = [...checking.problems];
  const [options, core] = [named.options, coreOptionsOf(named, kind)].map((schema) => {
    const own = Object.entries(checking.input).filter(([key]) => Object.hasOwn(schema.entries, key));
    const input = Object.fromEntries(own);
    const result = v.safeParse(schema, input);
    problems.push(...problemsOf({ ...named, options: schema }, kind, checking, result.issues ?? []));
    return withAbsolutePaths(result.success ? result.output : input, schema, checking.config);
  });
  problems.push(...classProblems(named, kind, checking, core?.class));
  if (problems.length > 0) throw new ConfigError(problems);
  return { options: options ?? {}, core: core ?? {} };
}

/** Of an instance whose class is not defined. */
function classProblems(
  { name }: Configured,
  kind: PluginKind,
  { from, config }: Checking,
  written: unknown,
): ConfigProblem[] {
  if (kind !== "backends" || typeof written !== "string") return [];
  const unknown = unknownClass(written, config.retention);
  const where = from.get("class") ?? whereOf(config, [kind, name, "class"]);
  return unknown === undefined ? [] : [{ where, key: `${kind}.${name}.class`, ...unknown }];
}

function withAbsolutePaths(
  options: ResolvedOptions["options"],
  { entries }: OptionsSchema,
  { directory }: Config,
): ResolvedOptions["options"] {
  const found = Object.entries(options).map(([key, value]) => {
    const schema = entries[key];
    const isPath = schema !== undefined && about(schema).path === true && typeof value === "string";
    return [key, isPath ? resolve(directory, value) : value];
  });
  return Object.fromEntries(found);
}

function problemsOf(
  plugin: Configured,
  kind: PluginKind,
  { from, config }: Pick<Checking, "from" | "config">,
  issues: readonly OptionIssue[],
): ConfigProblem[] {
  const isSecret = ([key = ""]: Path) => {
    const schema = plugin.options.entries[String(key)];
    return schema !== undefined && about(schema).secret === true;
  };
  const where = (path: Path) => from.get(String(path[2])) ?? whereOf(config, path);
  // Nobody can tell whether an unread secret is valid.
  const isSealed = ({ path }: OptionIssue) =>
    config.sealed === true && isSecret((path ?? []).map(({ key }) => String(key)));
  const placing = { schema: plugin.options, where, prefix: [kind, plugin.name], isSecret };
  return issues.filter((issue) => !isSealed(issue)).map((issue) => toProblem(issue, placing));
}

/** Valid options that the plugin itself refuses when it examines them. */
export function refusedOptions(
  plugin: Configured,
  kind: PluginKind,
  config: Config,
  { found }: Pick<ResolvedOptions, "found">,
  issues: readonly OptionIssue[],
): ConfigError {
  const written = found.filter(({ from }) => from !== "default");
  const from = new Map(written.map((option) => [option.key, option.from]));
  return new ConfigError(problemsOf(plugin, kind, { from, config }, issues));
}

/** What `--set` may name: core settings and plugin options. */
import { coreSettingAt, PLUGIN_SECTIONS } from "./environment.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { keysOf, schemaAt } from "./introspect.ts";
import { unknownKey } from "./issues.ts";
import { describeOption } from "./option-type.ts";
import { ConfigSchema } from "./schema.ts";

/**
 * Refuses every key that would have no effect, before anything runs: a user whose address is ignored would write to another
 * server. Whether a plugin has the option is only known when it is opened.
 * @throws ConfigError
 */
export function requireSettings(overrides: Readonly<Record<string, string>>): void {
  const problems = Object.keys(overrides).flatMap((key) => {
    const wrong = whatIsWrong(key);
    return wrong === undefined ? [] : [{ where: "--set", ...wrong }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

type Wrong = Omit<ConfigProblem, "where">;

function whatIsWrong(key: string): Wrong | undefined {
  const path = key.split(".");
  const [section = "", name = ""] = path;
  if (!PLUGIN_SECTIONS.includes(section)) return wrongOfCore(path);
  if (path.length > 2 && name !== "") return undefined;
  const hint = `for example --set backends.${name === "" ? "loki" : name}.url=http://localhost:3100`;
  return { key, what: "names no option of a plugin", hint };
}

function wrongOfCore(path: readonly string[]): Wrong | undefined {
  const setting = coreSettingAt(path);
  if (setting !== undefined) return path.length > setting.path.length ? below(path, setting) : undefined;
  for (const [depth, word] of path.entries()) {
    const above = schemaAt(ConfigSchema, path.slice(0, depth));
    const known = above === undefined ? [] : keysOf(above);
    if (!known.includes(word))
      return { key: path.slice(0, depth + 1).join("."), ...unknown(path, known, depth) };
  }
  return undefined;
}

/** An unknown word before a dot may be a plugin's name. */
function unknown(path: readonly string[], known: readonly string[], depth: number): Omit<Wrong, "key"> {
  const said = unknownKey(path[depth] ?? "", known);
  const isOption = depth === 0 && path.length > 1 && said.hint?.startsWith("known:");
  return isOption ? { ...said, hint: `for a plugin's option: backends.${path.join(".")}` } : said;
}

/** `destroy.command.first`, `plugins.acme/notes.url`: a list or a number has no keys. */
function below(path: readonly string[], setting: NonNullable<ReturnType<typeof coreSettingAt>>): Wrong {
  const name = setting.path.join(".");
  const { type } = describeOption(name, setting.schema);
  const hint =
    name === "plugins"
      ? `for a plugin's option: backends.${path.slice(1).join(".")}`
      : `the whole value: --set ${name}=VALUE`;
  return { key: path.join("."), what: `${name} is one value (${type}) and has no keys`, hint };
}

/** Every secret that the configuration in force holds, wherever it stands: it is known by its declaration, its name or its form. */
import type * as v from "valibot";
import type { Config } from "../../config/config.ts";
import { PLUGIN_SECTIONS } from "../../config/environment.ts";
import { configuredAs, instancesOf, pluginOf, pluginOfStore } from "../../config/instances.ts";
import { about, schemaAt, unwrap } from "../../config/introspect.ts";
import { entriesOf, findCandidate, type PluginKind } from "../../config/resolve-options.ts";
import { ConfigSchema } from "../../config/schema.ts";
import { expand, readSecret, referencesIn, secretPath } from "../../config/secrets.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import { checkDeclaration } from "../../host/plugin/declaration.ts";
import { isSecretName } from "../../redact/names.ts";

/** A secret, and where it stands. */
interface HeldSecret {
  /** A dotted key, or a variable. */
  readonly where: string;
  readonly text: string;
  /** The file that it was read from. */
  readonly file?: string;
}

/** A text of the configuration. */
interface Said {
  readonly where: string;
  readonly text: string;
  readonly isSecret: boolean;
}

/** @param builtIns say which of their options are secrets; of other plugins' the names do */
export async function heldSecrets(config: Config, builtIns: readonly BuiltIn[]): Promise<HeldSecret[]> {
  const plugins = await pluginsSaid(config, builtIns);
  const said = [...coreSaid(config), ...plugins.said];
  const known = new Set([...said.map(({ where }) => where), ...plugins.from]);
  return [...said, ...namedSaid(config, known)].flatMap((one) => secretsIn(one, config));
}

function coreSaid(config: Config): Said[] {
  const keys = Object.entries<v.GenericSchema>(ConfigSchema.entries);
  return keys
    .filter(([key]) => !PLUGIN_SECTIONS.includes(key))
    .flatMap(([key, schema]) => textsOf(Reflect.get(config, key), key, schema));
}

/** What is said of plugins, and which variables said it. */
async function pluginsSaid(config: Config, builtIns: readonly BuiltIn[]) {
  const said: Said[] = [];
  const from = new Set<string>();
  const add = (kind: PluginKind, name: string, key: string, schema: v.GenericSchema | undefined) => {
    const plugin = kind === "stores" ? pluginOfStore(name, config) : pluginOf(name, config);
    const named = { name, ...(plugin === name ? {} : { plugin }) };
    const found = findCandidate(named, kind, key, schema ?? UNKNOWN, config);
    if (found === undefined) return;
    from.add(found.from);
    const value = expandedOr(found.value, config);
    said.push(...textsOf(value, `${kind}.${name}.${key}`, schema, isSecretName(key)));
  };
  const declared = await declarations(config, builtIns);
  for (const kind of KINDS)
    for (const name of new Set([...Object.keys(config[kind]), ...(declared[kind]?.keys() ?? [])])) {
      const entries = declared[kind]?.get(name) ?? {};
      const written = Object.keys(config[kind][name]?.options ?? {});
      for (const key of new Set([...Object.keys(entries), ...written])) add(kind, name, key, entries[key]);
    }
  return { said, from };
}

const KINDS = ["backends", "sinks", "stores"] as const satisfies readonly PluginKind[];

/** As the texts of third-party plugins are: only their own code knows their schemas. */
const UNKNOWN = unwrap(ConfigSchema.entries.name);

type Entries = Readonly<Record<string, v.GenericSchema>>;

/** The options of every name under which a built-in plugin is used. */
async function declarations(
  config: Config,
  builtIns: readonly BuiltIn[],
): Promise<Partial<Record<PluginKind, Map<string, Entries>>>> {
  const found = {
    backends: new Map<string, Entries>(),
    sinks: new Map<string, Entries>(),
    stores: new Map<string, Entries>(),
  };
  for (const { name, load, onlyNamed } of builtIns) {
    const plugin = checkDeclaration(await load(), "built-in");
    const backends = plugin.backend === undefined ? [] : instancesOf(name, config, onlyNamed);
    for (const one of backends) found.backends.set(one, entriesOf(configuredAs(one, plugin), "backends"));
    if (plugin.sink !== undefined && config.sinks[name] !== undefined)
      found.sinks.set(name, entriesOf(plugin, "sinks"));
    const stores = plugin.store === undefined ? [] : Object.keys(config.stores);
    for (const one of stores.filter((store) => pluginOfStore(store, config) === name))
      found.stores.set(one, entriesOf(configuredAs(one, plugin), "stores"));
  }
  return found;
}

/** What is not set is told where it is used. */
function expandedOr(value: unknown, { env }: Config): unknown {
  try {
    return expand(value, env);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Flags and variables whose names say that they are secrets; of variables our own, and those that the file refers to anywhere. */
function namedSaid({ env, fromFile, overrides = {} }: Config, known: ReadonlySet<string>): Said[] {
  const written = JSON.stringify(Object.keys(ConfigSchema.entries).map((key) => fromFile?.([key]))) ?? "";
  const own = Object.keys(env).filter((name) => name.startsWith("CONTEXTCORE_"));
  const said = [...new Set([...own, ...referencesIn(written)])].map((name) => [name, env[name]] as const);
  return [...said, ...Object.entries(overrides)].flatMap(([where, text = ""]) =>
    isSecretName(where) && !known.has(where) ? [{ where, text, isSecret: true }] : [],
  );
}

/** @param isNamed a name on the way there says that it is a secret */
function textsOf(value: unknown, where: string, schema?: v.GenericSchema, isNamed = false): Said[] {
  const isDeclared = schema !== undefined && about(schema).secret === true;
  if (typeof value === "string") return [{ where, text: value, isSecret: isDeclared || isNamed }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    textsOf(item, `${where}.${name}`, below(schema, name), isNamed || isSecretName(name)),
  );
}

function below(schema: v.GenericSchema | undefined, name: string): v.GenericSchema | undefined {
  if (schema === undefined) return undefined;
  const inner = unwrap(schema);
  return "item" in inner ? (inner.item as v.GenericSchema) : schemaAt(inner, [name]);
}

/** A secret may stand in a file. */
function secretsIn({ where, text, isSecret }: Said, { directory }: Config): HeldSecret[] {
  const file = isSecret ? secretPath(text, directory) : undefined;
  if (file === undefined) return standingIn(text, isSecret).map((one) => ({ where, text: one }));
  const found = standingIn(fileText(text, directory), true);
  return (found.length > 0 ? found : [""]).map((one) => ({ where, text: one, file }));
}

/** The secrets in a text, or the text itself if it is one. Of an address, only the parts that are. */
function standingIn(text: string, isSecret: boolean): string[] {
  const parts = partsOf(text);
  if (parts.length > 0 || /^[a-z][a-z\d+.-]*:\/\//i.test(text)) return parts;
  return isSecret ? [text] : [];
}

/** One that cannot be read is told where it is used. */
function fileText(text: string, directory: string): string {
  try {
    return readSecret(text, directory);
  } catch (error) {
    if (error instanceof RangeError) return "";
    throw error;
  }
}

/** `scheme://user:SECRET@host`; `token=SECRET` in an address, a word of a command, a cookie; and the ways to authenticate. */
function partsOf(text: string): string[] {
  const passwords = [...text.matchAll(/\b[a-z][a-z\d+.-]{0,20}:\/\/[^/@\s:]{0,1000}:([^/@\s]{1,4000})@/gi)];
  const named = [...text.matchAll(/(?<![\w-])([\w-]{1,100})=([^&\s;,"']{1,4000})/g)];
  const [, scheme = "", shown = ""] = /^(Bearer|Basic|Token)\s+(\S+)$/i.exec(text) ?? [];
  const basic = Buffer.from(shown, "base64")
    .toString()
    .replace(/^[^:]*:/, "");
  return [
    ...passwords.map(([, password = ""]) => decoded(password)),
    ...named.flatMap(([, name = "", value = ""]) => (isSecretName(name) ? [decoded(value)] : [])),
    ...(scheme === "" ? [] : [scheme.toLowerCase() === "basic" ? basic : shown]),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The claims of plugins' settings. */
import * as v from "valibot";
import type { Config } from "../config/config.ts";
import { environmentName } from "../config/environment.ts";
import { type Configured, pluginOf, pluginOfStore } from "../config/instances.ts";
import { about } from "../config/introspect.ts";
import { entriesOf, findCandidate, type PluginKind } from "../config/resolve-options.ts";
import { expand } from "../config/secrets.ts";
import { TIME_LIMIT_KEY } from "../config/sink-time-limit.ts";
import { isSecretName } from "../redact/names.ts";
import type { Claim } from "./claim.ts";
import {
  addressClaims,
  type ConfiguredText,
  pathClaims,
  receiverOf,
  secretClaims,
  textsIn,
} from "./places.ts";
import { expanded, literalText } from "./shown.ts";

interface Option extends ConfiguredText {
  readonly reaches: "address" | "path" | undefined;
}

/**
 * The claims of a built-in plugin or an instance of it. Its option declarations tell which ones lead somewhere.
 * @param cwd the base of relative paths in options
 */
export function builtInClaims(plugin: Configured, kind: PluginKind, config: Config, cwd: string): Claim[] {
  const options = Object.entries(entriesOf(plugin, kind)).flatMap(([key, schema]): Option[] => {
    const candidate = findCandidate(plugin, kind, key, schema, config);
    if (candidate === undefined) return [];
    const { reaches, secret = false } = about(schema);
    if (!secret && !canBe(candidate.value, schema, config)) return [];
    const isFile = candidate.isFile === true;
    return textsIn(candidate.value, `${kind}.${plugin.name}.${key}`).map((text) => ({
      ...text,
      isFile,
      secret,
      reaches: reaches === "path" && isAddress(expanded(text.text, config.env)) ? "address" : reaches,
    }));
  });
  const credentials = credentialsOf(plugin, kind, config);
  const withCredentials = (claim: Claim): Claim =>
    /url$/i.test(claim.key) ? { ...claim, ...credentials } : claim;
  const addresses = options.filter(({ reaches }) => reaches === "address");
  const to = [...new Set(addresses.flatMap((option) => receiverOf(option, config)))];
  return options.flatMap((option) => [
    ...(option.reaches === "address" ? addressClaims(option, config).map(withCredentials) : []),
    ...(option.reaches === "path" ? pathClaims(option, config, cwd) : []),
    ...(option.isFile ? secretClaims(option, config, to) : []),
  ]);
}

/** Whether the plugin would accept the value. With a value that it does not accept, it is never opened. */
function canBe(value: unknown, schema: v.GenericSchema, { env }: Config): boolean {
  try {
    return v.safeParse(schema, expand(value, env)).success;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Options that the HTTP client sends to every URL of a plugin. A bucket's keys only sign, and are not sent. */
const SENT = ["password", "token", "headers"];

/** Which of the user's own variables are sent to the plugin's servers. */
function credentialsOf(plugin: Configured, kind: PluginKind, config: Config): Pick<Claim, "credentials"> {
  const found = SENT.flatMap((key) => {
    const schema = plugin.options.entries[key];
    const from = schema && findCandidate(plugin, kind, key, schema, config)?.from;
    return from !== undefined && config.env[from] !== undefined ? [from] : [];
  });
  return found.length === 0 ? {} : { credentials: found };
}

/** The claims of a third-party plugin. Only its own code knows what an option means, so all of them count. */
export function foreignClaims(name: string, kind: PluginKind, config: Config): Claim[] {
  const settings = config[kind][name];
  if (settings === undefined || !settings.enabled) return [];
  const plugin = pluginIn(kind, name, config);
  const options = Object.entries(settings.options).filter(([key]) => key !== TIME_LIMIT_KEY);
  const told = options.flatMap(([key, value]) =>
    textsIn(value, `${kind}.${name}.${key}`).flatMap((text) =>
      claimsOfText({ ...text, isFile: true }, plugin, config),
    ),
  );
  const isInstance = kind === "backends" && plugin !== name;
  return [
    ...(kind === "backends" ? [] : [receiverClaim(kind, name, plugin, config)]),
    ...(isInstance ? [instanceClaim(name, plugin, config)] : []),
    ...told,
  ];
}

function pluginIn(kind: PluginKind, name: string, config: Config): string {
  if (kind === "sinks") return name;
  return kind === "backends" ? pluginOf(name, config) : pluginOfStore(name, config);
}

/** Who receives the audit events or snapshots. A store's plugin receives what is set for its name, as an instance's does. */
const receiverClaim = (kind: "sinks" | "stores", name: string, plugin: string, config: Config): Claim =>
  kind === "sinks"
    ? { kind: "sink", key: `sinks.${name}`, value: plugin }
    : { kind: "store", key: `stores.${name}`, value: plugin, ...ownVariables(name, config) };

/**
 * An instance's plugin receives everything set for it, including the user's own variables: only its code knows which of them
 * it asks for. So the choice of the plugin is itself a claim.
 */
const instanceClaim = (name: string, plugin: string, config: Config): Claim => ({
  kind: "option",
  key: `backends.${name}.plugin`,
  value: plugin,
  ...ownVariables(name, config),
});

function ownVariables(name: string, { env }: Config): Pick<Claim, "credentials"> {
  const own = Object.keys(env).filter((one) => one.startsWith(`${environmentName([name])}_`) && env[one]);
  return own.length === 0 ? {} : { credentials: own };
}

function claimsOfText(configured: ConfiguredText, plugin: string, config: Config): Claim[] {
  const { key, text } = configured;
  const secrets = secretClaims(configured, config, [`the plugin ${plugin}`]);
  if (isAddress(expanded(text, config.env))) return [...addressClaims(configured, config), ...secrets];
  if (secrets.length > 0) return [{ kind: "option", key, value: text }, ...secrets];
  const isSecret = key.split(".").some(isSecretName) && !text.startsWith("file:");
  return [{ kind: "option", key, value: literalText(text, isSecret) }];
}

const isAddress = (text: string): boolean => /^[a-z][a-z\d+.-]*:\/\//i.test(text);

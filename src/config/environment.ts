/** Settings from the environment: their variable names, and their texts converted to the right types. */
import type * as v from "valibot";
import { parse } from "yaml";
import { given } from "../units/given.ts";
import { unwrap } from "./introspect.ts";
import { ConfigSchema } from "./schema.ts";
import type { Environment } from "./secrets.ts";
import type { Path } from "./source.ts";

/**
 * Sections whose values belong to plugins. They are expanded and checked when the plugin is opened, so that one cannot spoil
 * the others.
 */
export const PLUGIN_SECTIONS: readonly string[] = ["backends", "sinks", "stores", "drill"];

/** One of the core's own settings: a value of the file that belongs to no plugin. */
interface CoreSetting {
  readonly path: readonly string[];
  readonly schema: v.GenericSchema;
  /** Its environment variable. */
  readonly variable: string;
  /** Another variable that says it, where that one is not set. */
  readonly alias?: string;
}

/** Names under which other programs of this field have the same settings; a bare number has the unit that the name says. */
const ALIASES: Readonly<Record<string, string>> = {
  "audit.retention": "AUDIT_RETENTION_DAYS",
  "audit.cleanup": "AUDIT_CLEANUP_ENABLED",
  "audit.cleanup_interval": "AUDIT_CLEANUP_INTERVAL_HOURS",
  "audit.stale_after": "TASK_STALE_THRESHOLD_MINUTES",
  "activity.retention": "DEDALUS_LOG_RETENTION_DAYS",
  "destroy.policy": "TASK_POLICY_MODE",
  "destroy.allow": "TASK_ALLOW_PATTERNS",
  "destroy.deny": "TASK_DENY_PATTERNS",
};

/** `CONTEXTCORE_LOKI_PAGE_LINES` from `loki` and `pageLines`, `CONTEXTCORE_AUDIT_STALE_AFTER` from `audit` and `stale_after`. */
export const environmentName = (path: readonly string[]): string =>
  ["CONTEXTCORE", ...path].map(shout).join("_");

/** `staleAfter` and `vendor/name` give `STALE_AFTER` and `VENDOR_NAME`. */
const shout = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();

/** All of the core's settings, in the order of the file's schema. */
export const CORE_SETTINGS: readonly CoreSetting[] = Object.entries<v.GenericSchema>(ConfigSchema.entries)
  .filter(([key]) => !PLUGIN_SECTIONS.includes(key))
  .flatMap(([key, schema]) => settingsBelow([key], schema));

function settingsBelow(path: readonly string[], schema: v.GenericSchema): CoreSetting[] {
  const inner = unwrap(schema);
  if (!("entries" in inner) || typeof inner.entries !== "object" || inner.entries === null)
    return [{ path, schema, variable: environmentName(path), ...given({ alias: ALIASES[path.join(".")] }) }];
  return Object.entries<v.GenericSchema>({ ...inner.entries }).flatMap(([key, below]) =>
    settingsBelow([...path, key], below),
  );
}

/** The core setting that a path of the file leads to, or into. */
export const coreSettingAt = (path: Path): CoreSetting | undefined =>
  CORE_SETTINGS.find((one) => one.path.every((key, index) => key === path[index]));

/** The variable that sets it here, with its text; an empty variable counts as unset. */
export function saidOf({ variable, alias = variable }: CoreSetting, env: Environment) {
  const name = env[variable] ? variable : alias;
  const text = env[name];
  return text ? { name, text } : undefined;
}

/** Converts text to the option's own type. Unreadable text stays text, for the schema to refuse. */
export function fromText(text: string, schema: v.GenericSchema): unknown {
  switch (unwrap(schema).type) {
    case "string":
    case "picklist":
    case "literal":
      return text;
    case "array":
      return text.trimStart().startsWith("[") ? parseYaml(text) : text.split(",").map((part) => part.trim());
    default:
      return parseYaml(text);
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

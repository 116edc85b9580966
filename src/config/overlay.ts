/** Applies values for the core's own keys from outside the file to the file's tree. */
import * as v from "valibot";
import { CORE_SETTINGS, fromText, PLUGIN_SECTIONS, saidOf } from "./environment.ts";
import { schemaAt } from "./introspect.ts";
import { ConfigSchema } from "./schema.ts";
import type { Environment } from "./secrets.ts";

/** Values from the environment and from `--set`, which wins, by dotted key. */
export const said = (
  env: Environment,
  overrides: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    CORE_SETTINGS.flatMap((one) => {
      const said = saidOf(one, env);
      return said === undefined ? [] : [[one.path.join("."), said.text]];
    }),
  ),
  ...overrides,
});

/** Puts the given values of the core's own keys, including `enabled` and `plugin` of an instance, into a copy of the tree. */
export function overlay(tree: unknown, texts: Readonly<Record<string, string>>): unknown {
  const copy = structuredClone(tree);
  for (const [key, text] of Object.entries(texts)) {
    const path = key.split(".");
    const isPlugins = PLUGIN_SECTIONS.includes(path[0] ?? "");
    const schema = schemaAt(ConfigSchema, path) ?? v.unknown();
    if (!isPlugins || isOfCore(path)) put(copy, path, fromText(text, schema));
  }
  return copy;
}

const isOfCore = ([section, , key, ...below]: readonly string[]): boolean => {
  if (section === "drill") return below.length === 0 && key === "before";
  return below.length === 0 && (key === "enabled" || (key === "plugin" && section !== "sinks"));
};

function put(tree: unknown, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (typeof tree !== "object" || tree === null) return;
  if (rest.length === 0) {
    Reflect.set(tree, key, value);
    return;
  }
  const below: unknown = Reflect.get(tree, key);
  // Anything else in the file stays, for the schema to refuse.
  if (below === undefined || below === null) Reflect.set(tree, key, {});
  put(Reflect.get(tree, key), rest, value);
}

import { parse, stringify } from "yaml";
import { PluginError } from "./errors.ts";

/**
 * Reads one YAML document, as servers show their configuration and rules.
 * @throws PluginError `invalid` when it is not YAML
 */
export function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: "silent" });
  } catch (cause) {
    const [first] = String(cause instanceof Error ? cause.message : cause).split("\n");
    throw new PluginError("invalid", `not YAML: ${first}`, { cause });
  }
}

/** One YAML document for people: no line is folded. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });

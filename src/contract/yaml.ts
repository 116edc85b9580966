import { Lexer, Parser, parse, stringify } from "yaml";
import { nestsDeeper as valueNestsDeeper } from "../units/nesting.ts";
import { PluginError } from "./errors.ts";

/** A server's whole configuration is some 100 kB; what is read takes a hundred times the room of its text. */
const CHARACTERS_MAX = 2 << 20;
/** The reader calls itself for each level. */
const LEVELS_MAX = 100;

/**
 * Reads one YAML document, as servers show their configuration and rules: at most 2 MiB, nested at most 100 levels.
 * @throws PluginError `invalid` when it is not YAML, or more than that
 */
export function parseYaml(text: string): unknown {
  if (text.length > CHARACTERS_MAX)
    throw new PluginError(
      "invalid",
      `YAML of ${text.length} characters; more than ${CHARACTERS_MAX} are not read`,
    );
  return readPlain(text) ?? readAny(text);
}

/** What the runtime reads otherwise: anchors, merge keys, several documents, bytes. Also in a text, where it only costs time. */
const NOT_PLAIN = /(?:^|[\s,[{])&\S|<<|\n---|!!/;

/** Read by the runtime, which takes a hundredth of the time; `undefined` when it cannot be, or not as it would be otherwise. */
function readPlain(text: string): unknown {
  if (typeof Bun === "undefined" || NOT_PLAIN.test(text)) return undefined;
  try {
    const value: unknown = Bun.YAML.parse(text);
    return valueNestsDeeper(value, LEVELS_MAX) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** @throws PluginError `invalid` */
function readAny(text: string): unknown {
  if (nestsDeeper(text, LEVELS_MAX))
    throw new PluginError("invalid", `YAML that nests deeper than ${LEVELS_MAX} levels`);
  try {
    return parse(text, { logLevel: "silent" });
  } catch (cause) {
    const [first] = String(cause instanceof Error ? cause.message : cause).split("\n");
    throw new PluginError("invalid", `not YAML: ${first}`, { cause });
  }
}

/** What keeps its place on a stack of its own, and does not call itself, looks first. */
function nestsDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    // The document is on it, too, and what is being read.
    if (parser.stack.length > levels + 2) return true;
  }
  return false;
}

/** One YAML document for people: no line is folded. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });

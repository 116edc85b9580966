import { Lexer, Parser, parse, stringify } from "yaml";
import { messageOf } from "../units/message-of.ts";
import { nestsDeeper as valueNestsDeeper } from "../units/nesting.ts";
import { PluginError } from "./errors.ts";

/** A server's full configuration is about 100 kB. Parsing takes a hundred times the memory of the text. */
const CHARACTERS_MAX = 2 << 20;
/** The parser recurses once per level. */
const LEVELS_MAX = 100;

/**
 * Reads one YAML document, such as a server's configuration or rules: at most 2 MiB, at most 100 levels deep.
 * @throws PluginError `invalid` when it is not YAML, or exceeds a limit
 */
export function parseYaml(text: string): unknown {
  if (text.length > CHARACTERS_MAX)
    throw new PluginError(
      "invalid",
      `YAML of ${text.length} characters; more than ${CHARACTERS_MAX} are not read`,
    );
  return readPlain(text) ?? readAny(text);
}

/**
 * What the runtime's parser handles differently: anchors, merge keys, several documents, binary. A match in plain text only
 * costs time.
 */
const NOT_PLAIN = /(?:^|[\s,[{])&\S|<<|\n---|!!/;

/**
 * Reads with the runtime's parser, which is a hundred times faster; `undefined` when it fails, or might give another result.
 */
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
    const [first] = messageOf(cause).split("\n");
    throw new PluginError("invalid", `not YAML: ${first}`, { cause });
  }
}

/** Checks the depth first with the lexer, which keeps its own stack and does not recurse. */
function nestsDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    // The stack also holds the document and the current token.
    if (parser.stack.length > levels + 2) return true;
  }
  return false;
}

/** One YAML document for people: no line is folded. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });

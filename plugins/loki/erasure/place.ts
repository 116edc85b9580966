/**
 * Where a person shows up, in LogQL with `{id}` for the identifier: `{app="shop"} |= "{id}"`, `{app="shop"} | user="{id}"`,
 * `{user="{id}"}`. What Loki is asked is exact: an identifier in a line counts where it is a whole word, and a label or an item of
 * structured metadata where it is the whole value that is written down.
 */
import { holdsWord, PluginError } from "contextcore";
import { escapeRegex, type Matcher, parseSelector, printSelector, quote } from "../server/selector.ts";

/** A place, with the identifier put in. */
export interface Place {
  /** A stream selector. */
  readonly selector: string;
  /** The stages behind it. */
  readonly stages: string;
  /** Whether a line that Loki gives for these is that person's. */
  isTheirs(line: string): boolean;
}

/** @param where with `{id}` @throws PluginError `invalid`, without the identifier */
export function placeOf(where: string, id: string): Place {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "loki: an identifier without a letter or a digit matches no word");
  const [, selector = "", rest = ""] = PARTS.exec(where.replaceAll("{id}", HERE)) ?? [];
  if (selector === "") throw notPlace(where);
  const matchers = parseSelector(selector);
  const stages = readStages(rest, where);
  requireExact([...matchers, ...stages], where);
  const put = (text: string): string => text.replaceAll(HERE, () => id);
  const words = stages
    .filter(({ name, value }) => name === "" && value.includes(HERE))
    .map(({ value }) => holdsWord(put(value)));
  return {
    selector: printSelector(matchers.map((one) => ({ ...one, value: put(one.value) }))),
    stages: stages.map((stage) => printStage(stage, put)).join(""),
    isTheirs: (line) => words.every((holds) => holds(line)),
  };
}

/** Stands for the identifier while a place is read: a character that nobody uses. */
const HERE = "\uf8ff";

const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/.source;
/** A selector, whose braces are not those of its values, and what follows. */
const PARTS = new RegExp(`^\\s*(\\{(?:${STRING}|[^"\`}])*\\})([\\s\\S]*)$`);
const STAGE = new RegExp(
  `\\s*(?:(\\|=|!=|\\|~|!~)|\\|\\s*([A-Za-z_]\\w*)\\s*(=~|!~|!=|=))\\s*(${STRING})`,
  "y",
);

/** A filter of lines, or one of labels and structured metadata: then it has a name. */
interface Stage {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

function readStages(source: string, where: string): Stage[] {
  const stages: Stage[] = [];
  for (let at = 0; source.slice(at).trim() !== ""; at = STAGE.lastIndex) {
    STAGE.lastIndex = at;
    const [whole, line, name = "", label, literal = ""] = STAGE.exec(source) ?? [];
    if (whole === undefined) throw notPlace(where);
    stages.push({ name, operator: line ?? label ?? "", value: textOf(literal) });
  }
  return stages;
}

/** A Go string literal, read as the value of a matcher. */
const textOf = (literal: string): string => parseSelector(`{a=${literal}, b="b"}`)[0]?.value ?? "";

const EXACT: readonly string[] = ["=", "|="];

/** An expression that the identifier is put into might match what belongs to others, and so does its opposite. */
function requireExact(conditions: readonly (Stage | Matcher)[], where: string): void {
  const about = conditions.filter(({ value }) => value.includes(HERE));
  if (about.length === 0 || about.some(({ operator }) => !EXACT.includes(operator))) throw notPlace(where);
}

function printStage({ name, operator, value }: Stage, put: (text: string) => string): string {
  const printed =
    name === "" ? ` ${operator} ${quote(put(value))}` : ` | ${name}${operator}${quote(put(value))}`;
  return name === "" && value.includes(HERE) ? printed + asWord(put(value)) : printed;
}

const WORD = "\\p{L}\\p{N}_";
const ESCAPE = String.raw`\\(?:[bfnrt]|u[0-9a-fA-F]{4})`;

/**
 * The text with no letter, digit or `_` beside it but that of an escape, as `holdsWord` has it: RE2 cannot look around. Where it finds
 * an escape that is none, `isTheirs` tells.
 */
const asWord = (text: string): string =>
  ` |~ ${quote(`(?:^|[^${WORD}]|${ESCAPE})${escapeRegex(text)}(?:$|[^${WORD}\\p{M}])`)}`;

const notPlace = (where: string): PluginError =>
  new PluginError("invalid", `loki: where a person shows up is not understood: ${where}`, {
    hint: 'Write a stream selector and filters, with {id} in at least one of them after = or |=, and nowhere else: {app="shop"} |= "{id}", {app="shop"} | user="{id}" or {user="{id}"}. A line counts where it is a whole word; expressions and parsers might match what belongs to others.',
  });

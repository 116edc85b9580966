/**
 * LogQL stream selectors as text: `{app="web", env=~"prod|staging"}`. An export's cursors hold them; narrowing one is
 * adding a matcher, so that what a selector and its complement give never overlaps and leaves nothing out.
 */
import { PluginError } from "contextcore";

export type Operator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

export type Labels = Readonly<Record<string, string>>;

const MATCHER = /\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)\s*(,|(?=\}))/y;

/**
 * Reads a selector that a person wrote.
 * @throws PluginError `invalid` when it is not a selector alone: filters and parsers would change lines
 */
export function parseSelector(text: string): Matcher[] {
  const source = text.trim();
  const matchers: Matcher[] = [];
  let position = 1;
  while (source.startsWith("{") && source.slice(position).trim() !== "}") {
    MATCHER.lastIndex = position;
    const [whole, name = "", operator = "", value = ""] = MATCHER.exec(source) ?? [];
    if (whole === undefined) throw notSelector(text);
    matchers.push({ name, operator: toOperator(operator), value: unquote(value, text) });
    position += whole.length;
  }
  if (!source.startsWith("{") || !matchers.some(needsValue)) throw notSelector(text);
  return matchers;
}

/** Loki refuses a selector none of whose matchers refuses a stream without the label. */
const needsValue = (matcher: Matcher): boolean =>
  (matcher.operator === "=" || matcher.operator === "=~") && !isSelected({}, [matcher]);

const toOperator = (text: string): Operator => (text === "!=" || text === "=~" || text === "!~" ? text : "=");

const notSelector = (text: string): PluginError =>
  new PluginError("invalid", `not a Loki stream selector: ${text}`, {
    hint: 'Write label matchers in braces, at least one of them with a value, such as {app="web", env=~"prod|dev"}; no filters or parsers.',
  });

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;

const ESCAPED: Readonly<Record<string, string>> = {
  "\\": "\\",
  '"': '"',
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** A Go string literal. */
function unquote(literal: string, text: string): string {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  return literal
    .slice(1, -1)
    .replace(ESCAPE, (_, byte?: string, four?: string, eight?: string, simple = "") => {
      const code = byte ?? four ?? eight;
      const character =
        code === undefined ? ESCAPED[simple] : String.fromCodePoint(Number.parseInt(code, 16));
      if (character === undefined) throw notSelector(text);
      return character;
    });
}

/** A JSON string is a Go string literal too, apart from lone surrogates, which are not text to begin with. */
export const quote = (value: string): string =>
  JSON.stringify(value.toWellFormed()).replace(/\u007f/g, "\\u007f");

/** The matchers as LogQL, values quoted: `{app="web", env=~"prod|staging"}`. */
export const printSelector = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(({ name, operator, value }) => `${name}${operator}${quote(value)}`).join(", ")}}`;

/** The selector with a further matcher. */
export const also = (selector: string, ...matchers: readonly Matcher[]): string =>
  `${selector.slice(0, -1)}, ${printSelector(matchers).slice(1)}`;

/** The text as an RE2 (and JavaScript) expression that matches only itself. */
export const escapeRegex = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");

/** One of these values, all of them not empty. */
export const anyOf = (name: string, values: readonly string[]): Matcher =>
  values.length === 1
    ? { name, operator: "=", value: values[0] ?? "" }
    : { name, operator: "=~", value: values.map(escapeRegex).join("|") };

/** Whether these labels are selected, as the server decides it: an absent label is an empty one. */
export function isSelected(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ name, operator, value }) => {
    const found = Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
    if (operator === "=" || operator === "!=") return (found === value) === (operator === "=");
    return expression(value).test(found) === (operator === "=~");
  });
}

/** @throws PluginError `invalid` for what RE2 takes and JavaScript does not, which is next to nothing */
function expression(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, "su");
  } catch (cause) {
    throw new PluginError("invalid", `not a regular expression: ${source}`, { cause });
  }
}

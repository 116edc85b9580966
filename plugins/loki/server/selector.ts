/**
 * Labels of streams, and LogQL stream selectors as text: `{app="web", env=~"prod|staging"}`. Export cursors hold these. Narrowing
 * one adds a matcher, so a selector and its complement never overlap and leave nothing out.
 */
import { objectOf, PluginError, v } from "contextcore";

type Operator = "=" | "!=" | "=~" | "!~";

/** One condition of a selector, such as `env=~"prod|staging"`; a regular expression has to match the whole value. */
export interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

/** A stream's labels by name. Two streams with equal labels are the same stream. */
export type Labels = Readonly<Record<string, string>>;

const MATCHER = /\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)\s*(,|(?=\}))/y;

/**
 * Parses a selector that a person wrote.
 * @throws PluginError `invalid` when it is more than a selector: filters and parsers would change lines
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

/** Loki refuses a selector if every matcher also matches streams without the label. */
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

/** A JSON string is also a Go string literal, apart from lone surrogates, which are not text anyway. */
export const quote = (value: string): string =>
  JSON.stringify(value.toWellFormed()).replace(/\u007f/g, "\\u007f");

/** The matchers as LogQL, values quoted: `{app="web", env=~"prod|staging"}`. */
export const printSelector = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(({ name, operator, value }) => `${name}${operator}${quote(value)}`).join(", ")}}`;

/** The selector with one more matcher. */
export const also = (selector: string, ...matchers: readonly Matcher[]): string =>
  `${selector.slice(0, -1)}, ${printSelector(matchers).slice(1)}`;

const OPPOSITE: Readonly<Record<Operator, Operator>> = { "=": "!=", "!=": "=", "=~": "!~", "!~": "=~" };

/** Selectors that together match what this one does and that one does not, each stream once. @param other as a person wrote it */
export function except(selector: string, other: string): string[] {
  const matchers = parseSelector(other);
  return matchers.map(({ operator, ...one }, index) =>
    also(selector, ...matchers.slice(0, index), { ...one, operator: OPPOSITE[operator] }),
  );
}

/** The text as an RE2 (and JavaScript) expression that matches only itself. */
export const escapeRegex = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");

/** One of these non-empty values. */
export const anyOf = (name: string, values: readonly string[]): Matcher =>
  values.length === 1
    ? { name, operator: "=", value: values[0] ?? "" }
    : { name, operator: "=~", value: values.map(escapeRegex).join("|") };

/** Whether these labels match, as the server decides: an absent label counts as empty. */
export function isSelected(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ name, operator, value }) => {
    const found = Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
    if (operator === "=" || operator === "!=") return (found === value) === (operator === "=");
    return expression(value).test(found) === (operator === "=~");
  });
}

/** @throws PluginError `invalid` for the rare expression that RE2 accepts and JavaScript does not */
function expression(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, "su");
  } catch (cause) {
    throw new PluginError("invalid", `not a regular expression: ${source}`, { cause });
  }
}

/**
 * Labels that Loki adds to spread a busy stream, or to mark its origin. They are not data: two streams that differ only in them
 * are one. Source: pkg/ingester/instance.go, pkg/distributor/distributor.go, pkg/util/constants.
 */
const BOOKKEEPING: readonly string[] = [
  "__stream_shard__",
  "__time_shard__",
  "__backfill__",
  "__backfill_shard__",
];

/**
 * The single label of the streams that Loki writes about other streams, which are nobody's logs. It must not appear in a
 * selector, not even as absent: Loki then returns 200 and nothing, for logs and counts alike
 * (pkg/querier/limits/validation.go, `ValidateAggregatedMetricQuery`; measured).
 */
const INTERNAL: readonly string[] = ["__aggregated_metric__", "__pattern__"];

/** Whether Loki itself writes the streams with this label. */
export const isInternal = (name: string): boolean => INTERNAL.includes(name);

/** Whether Loki adds this label to users' streams by itself. */
export const isBookkeeping = (name: string): boolean => BOOKKEEPING.includes(name);

/** The labels without the server's own; the same object if there are none. */
export function ownLabels(labels: Labels): Labels {
  if (!BOOKKEEPING.some((name) => Object.hasOwn(labels, name))) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !isBookkeeping(name)));
}

/** The same text for the same labels in any order. */
export const streamKey = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A stream's labels, or an entry's structured metadata. */
export const labelSet = objectOf(v.string());

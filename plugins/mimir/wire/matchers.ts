import { PluginError } from "contextcore";

/** A label matcher; the operators are numbered as in `prompb.LabelMatcher.Type`. */
export interface Matcher {
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly name: string;
  readonly value: string;
}

const SELECTOR = /^\s*([a-zA-Z_:][\w:]*)?\s*(?:\{([\s\S]*)\})?\s*$/;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/.source;
const PART = new RegExp(
  String.raw`\s*(?:([a-zA-Z_][\w.]*|${QUOTED})\s*(=~|!~|!=|=)\s*(${QUOTED})|(${QUOTED}))\s*(,|$)`,
  "y",
);

/**
 * Reads a PromQL instant vector selector: `up{job=~"api|web"}`, `{__name__="up"}`, `{"any name", job="api"}`.
 * @throws PluginError `invalid` when it is not one
 */
export function parseSelector(source: string): readonly Matcher[] {
  const [whole, name, body = ""] = SELECTOR.exec(source) ?? [];
  if (whole === undefined || whole.trim() === "") throw notSelector(source);
  const matchers: Matcher[] = name === undefined ? [] : [{ operator: "=", name: "__name__", value: name }];
  PART.lastIndex = 0;
  while (PART.lastIndex < body.trimEnd().length) {
    const part = PART.exec(body);
    if (part === null) throw notSelector(source);
    matchers.push(matcherOf(part));
  }
  if (matchers.length === 0) throw notSelector(source);
  return matchers;
}

function matcherOf([, label = "", operator = "", value = "", bare]: RegExpExecArray): Matcher {
  if (bare !== undefined) return { operator: "=", name: "__name__", value: unquote(bare) };
  const name = /^["'`]/.test(label) ? unquote(label) : label;
  return { operator: operator as Matcher["operator"], name, value: unquote(value) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Go's string literals: backquotes are raw. */
function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_, x?: string, u?: string, wide?: string, octal?: string, letter?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (letter !== undefined) return ESCAPES[letter] ?? letter;
      return String.fromCodePoint(Number.parseInt(x ?? u ?? wide ?? "", 16));
    },
  );
}

const notSelector = (source: string): PluginError =>
  new PluginError("invalid", `not a PromQL selector: ${JSON.stringify(source)}`, {
    hint: 'Write it as up, up{job="api"} or {__name__=~"http_.*"}.',
  });

/** The matchers as a PromQL selector, every name quoted so that any name can stand there. */
export const toSelector = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(({ name, operator, value }) => `${labelName(name)}${operator}${JSON.stringify(value)}`).join(",")}}`;

/** Names of the old kind stay bare: servers before Prometheus 3 know no quoted ones. */
const labelName = (name: string): string => (/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name));

const OPPOSITE = { "=": "!=", "!=": "=", "=~": "!~", "!~": "=~" } as const;

/** Selectors that together match what the first does and the second does not, each series once. */
export const except = (matchers: readonly Matcher[], others: readonly Matcher[]): readonly Matcher[][] =>
  others.map((one, index) => [
    ...matchers,
    ...others.slice(0, index),
    { ...one, operator: OPPOSITE[one.operator] },
  ]);

/** A matcher for exactly these values of a label, or for all others, a missing label among them. */
export function oneOf(label: string, values: readonly string[], except = false): Matcher {
  const [only] = values;
  if (values.length === 1 && only !== undefined) {
    return { operator: except ? "!=" : "=", name: label, value: only };
  }
  return { operator: except ? "!~" : "=~", name: label, value: values.map(quoteRegex).join("|") };
}

/** A matcher for exactly these metrics, or for all others. */
export const namesMatcher = (names: readonly string[], except = false): Matcher =>
  oneOf("__name__", names, except);

const quoteRegex = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");

/** Any series at all. */
export const ANY_NAME: Matcher = { operator: "!=", name: "__name__", value: "" };

type LabelsByName = Readonly<Record<string, string>>;

/** Whether a series' labels fit all the matchers. A label that is missing counts as empty, as in PromQL. */
export function fitting(matchers: readonly Matcher[]): (labels: LabelsByName) => boolean {
  const each = matchers.map(predicate);
  return (labels) => each.every((fits) => fits(labels));
}

function predicate({ operator, name, value }: Matcher): (labels: LabelsByName) => boolean {
  const of = (labels: LabelsByName): string => (Object.hasOwn(labels, name) ? (labels[name] ?? "") : "");
  if (operator === "=") return (labels) => of(labels) === value;
  if (operator === "!=") return (labels) => of(labels) !== value;
  const pattern = anchored(value);
  return operator === "=~" ? (labels) => pattern.test(of(labels)) : (labels) => !pattern.test(of(labels));
}

/** Prometheus anchors its expressions, and lets `.` match a newline. */
function anchored(source: string): RegExp {
  const insensitive = source.startsWith("(?i)");
  try {
    return new RegExp(`^(?:${insensitive ? source.slice(4) : source})$`, insensitive ? "is" : "s");
  } catch (cause) {
    throw new PluginError("invalid", `not a regular expression: ${JSON.stringify(source)}`, { cause });
  }
}

/** Most characters of the names in one cursor or one matcher: cursors stay small, and Mimir takes requests of up to 1 MiB. */
export const NAMES_LENGTH_MAX = 40_000;

/** What these names take as JSON. */
export const lengthOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + JSON.stringify(name).length + 1, 0);

/** Matchers that together leave out all of these names: several, so that no regular expression grows without bound. */
export function exceptNames(names: readonly string[]): readonly Matcher[] {
  const pieces: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (length > NAMES_LENGTH_MAX) {
      pieces.push([]);
      length = 0;
    }
    pieces.at(-1)?.push(name);
    length += lengthOf([name]);
  }
  return pieces.map((piece) => namesMatcher(piece, true));
}

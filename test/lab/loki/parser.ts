import { parseDuration } from "../../../src/units/duration.ts";
import {
  type Filter,
  type LogQuery,
  type Matcher,
  type Operator,
  ParseError,
  type Query,
  requireMatcher,
} from "./logql.ts";
import { matches } from "./matcher.ts";

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|([A-Za-z_:][\w:]*)|(\d[\w.]*)|(\|=|\|~|!=|!~|=~|[{}()[\],|=]))/y;

interface Token {
  readonly text: string;
  /** Column of its first character, from 1. */
  readonly column: number;
}

/** @throws ParseError with the text that Loki answers. */
export function parseQuery(source: string): Query {
  const reader = createReader(source);
  const query = /^(sum|count_over_time|bytes_over_time)$/.test(reader.peek().text)
    ? parseMetric(reader)
    : parseLog(reader);
  if (reader.peek().text !== "") throw unexpected(reader.peek());
  return query;
}

/** A selector alone, as `match[]` and `query` of the index take it. @throws ParseError */
export function parseSelector(source: string): LogQuery {
  const query = parseQuery(source);
  if (query.kind !== "log") throw new ParseError("only label matchers are supported");
  return query;
}

type Reader = ReturnType<typeof createReader>;

function createReader(source: string) {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (found === null)
      throw new ParseError(`parse error at line 1, col ${start + 1}: syntax error: unexpected character`);
    const text = found.slice(1).find((one) => one !== undefined) ?? "";
    tokens.push({ text, column: TOKEN.lastIndex - text.length + 1 });
  }
  const end: Token = { text: "", column: source.length + 1 };
  let position = 0;
  return {
    peek: (): Token => tokens[position] ?? end,
    next: (): Token => tokens[position++] ?? end,
    take(text: string, expecting?: string): void {
      const token = tokens[position++] ?? end;
      if (token.text !== text) throw unexpected(token, expecting);
    },
  };
}

function unexpected({ text, column }: Token, expecting?: string): ParseError {
  const what = text === "" ? "$end" : /^["`]/.test(text) ? "STRING" : /^\w/.test(text) ? "IDENTIFIER" : text;
  const hope = expecting === undefined ? "" : `, expecting ${expecting}`;
  return new ParseError(`parse error at line 1, col ${column}: syntax error: unexpected ${what}${hope}`);
}

function parseMetric(reader: Reader): Query {
  const { text } = reader.next();
  if (text !== "sum") return parseRange(reader, text === "bytes_over_time" ? text : "count_over_time");
  const before = parseBy(reader);
  reader.take("(");
  const inner = parseMetric(reader);
  reader.take(")");
  if (inner.kind !== "metric")
    throw new ParseError("parse error : unexpected type for left leg of vector aggregation");
  return { ...inner, sum: { by: before ?? parseBy(reader) ?? [] } };
}

function parseBy(reader: Reader): string[] | undefined {
  if (reader.peek().text !== "by") return undefined;
  reader.next();
  reader.take("(");
  const names: string[] = [];
  while (reader.peek().text !== ")") {
    names.push(reader.next().text);
    if (reader.peek().text === ",") reader.next();
  }
  reader.take(")");
  return names;
}

function parseRange(reader: Reader, operation: "count_over_time" | "bytes_over_time"): Query {
  reader.take("(");
  const log = parseLog(reader);
  reader.take("[");
  const range = parsePrometheusDuration(reader.next().text);
  reader.take("]");
  reader.take(")");
  return { kind: "metric", operation, log, range };
}

/** A range is read as Prometheus reads it: nothing smaller than a millisecond, no fractions. */
function parsePrometheusDuration(text: string): bigint {
  if (!/^(\d+(y|w|d|h|ms|m|s))+$/.test(text)) throw new ParseError(`not a valid duration string: "${text}"`);
  return parseDuration(text);
}

function parseLog(reader: Reader): LogQuery {
  reader.take("{");
  const matchers: Matcher[] = [];
  while (reader.peek().text !== "}") {
    matchers.push(parseMatcher(reader));
    if (reader.peek().text !== ",") break;
    reader.next();
  }
  reader.take("}", "} or ,");
  requireMatcher(matchers, (matcher) => matches([], [matcher]));
  return { kind: "log", matchers, ...parseStages(reader) };
}

function parseMatcher(reader: Reader): Matcher {
  const name = reader.next();
  if (!/^[A-Za-z_]/.test(name.text)) throw unexpected(name, "IDENTIFIER or }");
  return { name: name.text, operator: parseOperator(reader.next()), value: parseText(reader.next()) };
}

function parseOperator(token: Token): Operator {
  const operator = (["=", "!=", "=~", "!~"] as const).find((one) => one === token.text);
  if (operator === undefined) throw unexpected(token, "= or != or =~ or !~");
  return operator;
}

function parseStages(reader: Reader): Pick<LogQuery, "filters" | "drops"> {
  const filters: Filter[] = [];
  const drops: string[] = [];
  for (;;) {
    const operator = (["|=", "!=", "|~", "!~"] as const).find((one) => one === reader.peek().text);
    if (operator !== undefined) {
      reader.next();
      filters.push({ operator, value: parseText(reader.next()) });
    } else if (reader.peek().text === "|") {
      reader.next();
      if (reader.peek().text === "drop") drops.push(...parseDrop(reader));
      else {
        const { name, ...rest } = parseMatcher(reader);
        filters.push({ ...rest, label: name });
      }
    } else return { filters, drops };
  }
}

/** `drop a, b` */
function parseDrop(reader: Reader): string[] {
  const names: string[] = [];
  do {
    reader.next();
    names.push(reader.next().text);
  } while (reader.peek().text === ",");
  return names;
}

/** A Go string literal. */
function parseText({ text, column }: Token): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  if (!text.startsWith('"')) throw unexpected({ text, column }, "STRING");
  return text.slice(1, -1).replace(ESCAPE, (whole, hex: string | undefined, simple: string | undefined) => {
    const character =
      hex === undefined ? SIMPLE[simple ?? ""] : String.fromCodePoint(Number.parseInt(hex.slice(1), 16));
    if (character === undefined)
      throw new ParseError(`parse error at line 1, col ${column}: invalid char escape ${whole}`);
    return character;
  });
}

const ESCAPE = /\\(?:(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|([\s\S]))/g;

const SIMPLE: Readonly<Record<string, string>> = {
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

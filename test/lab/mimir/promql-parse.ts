import { type Matcher, parseSelector } from "../../../plugins/mimir/wire/matchers.ts";
import { parseDuration } from "../../../src/units/duration.ts";

/** The small part of PromQL that the lab understands. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "selector"; readonly matchers: readonly Matcher[] }
  | { readonly kind: "range"; readonly of: Expression; readonly ms: number; readonly stepMs?: number }
  | { readonly kind: "call"; readonly name: string; readonly by: readonly string[]; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: "+" | "or";
      readonly left: Expression;
      readonly right: Expression;
    };

export class PromqlError extends Error {}

const AGGREGATIONS = ["sum", "count", "max", "min"];
const FUNCTIONS = ["count_over_time", "last_over_time", "timestamp", "vector"];

const TOKEN =
  /\s*(?:([a-zA-Z_:][\w:]*)|(\d+(?:\.\d+)?)(?![\w.])|([()+,])|(\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\})|(\[[^\]]*\]))/y;

/** @throws PromqlError on anything else */
export function parsePromql(source: string): Expression {
  const tokens = tokenize(source);
  let at = 0;
  const peek = (): string => tokens[at] ?? "";
  const take = (expected?: string): string => {
    const token = peek();
    if (expected !== undefined && token !== expected) {
      throw new PromqlError(
        `parse error: unexpected ${JSON.stringify(token)}, expected ${JSON.stringify(expected)}`,
      );
    }
    at += 1;
    return token;
  };

  function expression(): Expression {
    let left = term();
    while (peek() === "+" || peek() === "or") {
      const operator = take() === "+" ? "+" : "or";
      left = { kind: "binary", operator, left, right: term() };
    }
    return left;
  }

  function term(): Expression {
    const inner = primary();
    return peek().startsWith("[") ? range(inner, take()) : inner;
  }

  function primary(): Expression {
    const token = take();
    if (token === "(") {
      const inner = expression();
      take(")");
      return inner;
    }
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (AGGREGATIONS.includes(token)) return call(token, peek() === "by" ? names() : []);
    if (FUNCTIONS.includes(token) && peek() === "(") return call(token, []);
    if (/^[a-zA-Z_:{]/.test(token)) {
      const selector = token.startsWith("{") || !peek().startsWith("{") ? token : token + take();
      return { kind: "selector", matchers: parseSelector(selector) };
    }
    throw new PromqlError(`parse error: unexpected ${JSON.stringify(token)}`);
  }

  function call(name: string, by: readonly string[]): Expression {
    take("(");
    const of = expression();
    take(")");
    return { kind: "call", name, by, of };
  }

  function names(): string[] {
    take("by");
    take("(");
    const list: string[] = [];
    while (peek() !== ")") {
      list.push(take());
      if (peek() === ",") take();
    }
    take(")");
    return list;
  }

  const parsed = expression();
  if (at < tokens.length) throw new PromqlError(`parse error: unexpected ${JSON.stringify(peek())}`);
  return parsed;
}

function range(of: Expression, brackets: string): Expression {
  const [length = "", step] = brackets.slice(1, -1).split(":");
  const ms = Number(parseDuration(length) / 1_000_000n);
  return step === undefined
    ? { kind: "range", of, ms }
    : { kind: "range", of, ms, stepMs: Number(parseDuration(step) / 1_000_000n) };
}

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source)?.[0];
    if (token === undefined) throw new PromqlError(`parse error: unexpected character at ${at}`);
    tokens.push(token.trim());
  }
  return tokens;
}

/**
 * The part of TraceQL that the lab speaks: one span-set filter (or several joined by && and ||), a pipeline ending in
 * `count_over_time() by (…)`, and hints. Grammar: https://grafana.com/docs/tempo/latest/traceql/
 */
import { parseDuration } from "../../../src/units/duration.ts";
import { type Attributed, KINDS, type Scope, type Span, STATUSES, serviceOf } from "./model.ts";
import type { StoredTrace } from "./store.ts";

/** What a filter looks at: a span and what it stands in. */
export interface Spot {
  readonly trace: StoredTrace;
  readonly resource: Attributed;
  readonly scope: Scope;
  readonly span: Span;
}

export type Literal = string | number | boolean | bigint | undefined;
export type Field = (spot: Spot) => Literal;
type Test = (spot: Spot) => boolean;

/** Whether a trace matches, and which of its spans; `every` when it is `{}`. */
export interface SpanSetFilter {
  readonly every: boolean;
  /** The matching spans, empty when the trace does not match. */
  matching(spots: readonly Spot[]): readonly Spot[];
}

export interface Query {
  readonly filter: SpanSetFilter;
  /** Attributes (not intrinsics) that the filter names; the answer shows them on each span. */
  readonly shown: readonly { readonly name: string; readonly field: Field }[];
  /** Present for `| count_over_time()`. */
  readonly countBy?: readonly { readonly name: string; readonly field: Field }[];
  readonly mostRecent: boolean;
}

/** A query that does not parse; the message is Tempo's. */
export class TraceQlError extends Error {}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+(?:\.\d+)?(?:(?:ns|us|µs|ms|s|m|h|d)(?:\d+(?:ns|us|µs|ms|s|m|h|d))*)?)|([A-Za-z_.][\w.:-]*)|(&&|\|\||!=|>=|<=|=~|!~|[{}()|=<>!,]))/y;

export function parseTraceQl(source: string): Query {
  const parser = createParser(source);
  const query = parser.query();
  parser.end();
  return query;
}

interface Token {
  readonly text: string;
  readonly kind: "string" | "number" | "name" | "mark" | "end";
  readonly column: number;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) {
      const column = start + (/^\s*/.exec(source.slice(start))?.[0].length ?? 0) + 1;
      throw unexpected({ text: source[column - 1] ?? "", kind: "mark", column });
    }
    const [, string, number, name, mark] = match;
    const text = string ?? number ?? name ?? mark ?? "";
    const kind =
      string !== undefined
        ? "string"
        : number !== undefined
          ? "number"
          : name !== undefined
            ? "name"
            : "mark";
    found.push({ text, kind, column: TOKEN.lastIndex - text.length + 1 });
  }
  found.push({ text: "$end", kind: "end", column: source.length + 1 });
  return found;
}

const unexpected = ({ text, kind, column }: Token): TraceQlError =>
  new TraceQlError(
    `invalid TraceQL query: parse error at line 1, col ${column}: syntax error: unexpected ${kind === "name" ? "IDENTIFIER" : text}`,
  );

function createParser(source: string) {
  const list = tokens(source);
  const shown: { name: string; field: Field }[] = [];
  let at = 0;
  const peek = (): Token => list[at] as Token;
  const take = (): Token => list[at++] as Token;
  const next = (text: string): boolean =>
    peek().text === text && peek().kind !== "string" && take() !== undefined;
  const expect = (text: string): void => {
    if (!next(text)) throw unexpected(peek());
  };

  const literal = (): Literal => {
    const { kind, text } = peek();
    if (kind === "end" || kind === "mark") throw unexpected(peek());
    take();
    if (kind === "string") return text.startsWith("`") ? text.slice(1, -1) : String(JSON.parse(text));
    if (kind === "name")
      return text === "true" || (text === "false" ? false : text === "nil" ? undefined : text);
    if (/[a-zµ]/.test(text)) return parseDuration(text);
    return text.includes(".") ? Number(text) : BigInt(text);
  };

  const comparison = (): Test => {
    const token = peek();
    if (token.kind !== "name") throw unexpected(token);
    take();
    if (token.text === "true" || token.text === "false") return () => token.text === "true";
    const field = fieldOf(token);
    const operator = peek().text;
    if (!(operator in COMPARE)) return (spot) => field(spot) === true;
    take();
    const value = literal();
    if (!isIntrinsic(token.text)) shown.push({ name: bareName(token.text), field });
    return (spot) => compare(operator, field(spot), value);
  };

  const unary = (): Test => {
    if (next("!")) {
      const inner = unary();
      return (spot) => !inner(spot);
    }
    if (!next("(")) return comparison();
    const inner = expression();
    expect(")");
    return inner;
  };

  const chain = <T>(one: () => T, mark: string, join: (parts: T[]) => T): T => {
    const parts = [one()];
    while (next(mark)) parts.push(one());
    return parts.length === 1 ? (parts[0] as T) : join(parts);
  };
  const expression = (): Test =>
    chain(
      () => chain(unary, "&&", (tests) => (spot) => tests.every((test) => test(spot))),
      "||",
      (tests) => (spot) => tests.some((test) => test(spot)),
    );

  const spanSet = (): SpanSetFilter => {
    if (next("(")) {
      const inner = joined();
      expect(")");
      return inner;
    }
    expect("{");
    if (next("}")) return { every: true, matching: (spots) => spots };
    const test = expression();
    expect("}");
    return { every: false, matching: (spots) => spots.filter(test) };
  };
  const joined = (): SpanSetFilter => chain(() => chain(spanSet, "&&", both), "||", either);

  const fieldList = (): { name: string; field: Field }[] => {
    if (!next("by")) return [];
    expect("(");
    const found: { name: string; field: Field }[] = [];
    do {
      const token = take();
      found.push({ name: token.text, field: fieldOf(token) });
    } while (next(","));
    expect(")");
    return found;
  };

  return {
    query(): Query {
      const filter = joined();
      let countBy: Query["countBy"];
      if (next("|")) {
        expect("count_over_time");
        expect("(");
        expect(")");
        countBy = fieldList();
      }
      const mostRecent = next("with");
      if (mostRecent) for (const text of ["(", "most_recent", "=", "true", ")"]) expect(text);
      return { filter, shown, mostRecent, ...(countBy === undefined ? {} : { countBy }) };
    },
    end(): void {
      if (peek().kind !== "end") throw unexpected(peek());
    },
  };
}

/** `{a} && {b}`: the trace matches both; the spans of each. */
const both = (parts: SpanSetFilter[]): SpanSetFilter => ({
  every: parts.every((part) => part.every),
  matching(spots) {
    const sets = parts.map((part) => part.matching(spots));
    return sets.some((set) => set.length === 0) ? [] : [...new Set(sets.flat())];
  },
});

const either = (parts: SpanSetFilter[]): SpanSetFilter => ({
  every: parts.some((part) => part.every),
  matching: (spots) => [...new Set(parts.flatMap((part) => part.matching(spots)))],
});

const INTRINSICS: Readonly<Record<string, Field>> = {
  name: ({ span }) => span.name,
  kind: ({ span }) => KINDS[span.kind],
  status: ({ span }) => STATUSES[span.status.code],
  statusMessage: ({ span }) => span.status.message,
  duration: ({ span }) => span.end - span.start,
  traceDuration: ({ trace }) => trace.end - trace.start,
  rootServiceName: ({ trace }) => trace.rootService,
  rootName: ({ trace }) => trace.rootName,
};
const ALIASES: Readonly<Record<string, string>> = {
  "span:name": "name",
  "span:kind": "kind",
  "span:status": "status",
  "span:statusMessage": "statusMessage",
  "span:duration": "duration",
  "trace:duration": "traceDuration",
  "trace:rootService": "rootServiceName",
  "trace:rootName": "rootName",
};

const isIntrinsic = (name: string): boolean => name in INTRINSICS || name in ALIASES;
const bareName = (name: string): string => name.replace(/^(resource|span|)\./, "");

/** The value that a name stands for: an intrinsic, `resource.x`, `span.x`, or `.x` (span first, then resource). */
export function fieldNamed(name: string): Field {
  return fieldOf({ text: name, kind: "name", column: 1 });
}

function fieldOf(token: Token): Field {
  const intrinsic = INTRINSICS[ALIASES[token.text] ?? token.text];
  if (intrinsic !== undefined) return intrinsic;
  const [, scope, key = ""] = /^(resource|span|)\.(.+)$/.exec(token.text) ?? [];
  if (scope === undefined) throw unexpected(token);
  return ({ span, resource }) =>
    (scope === "resource" ? undefined : attribute(span, key)) ??
    (scope === "span" ? undefined : attribute(resource, key));
}

function attribute(one: Attributed, key: string): Literal {
  if (key === "service.name" && "events" in one === false) return serviceOf(one) || undefined;
  const value = one.attributes.find((candidate) => candidate.key === key)?.value;
  if (value === undefined || value.kind === "none" || typeof value.value === "object") return undefined;
  return value.value;
}

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** Values of different types, or an attribute that is not there, match nothing, whatever the operator. */
function compare(operator: string, left: Literal, right: Literal): boolean {
  const numbers = isNumber(left) && isNumber(right);
  if (left === undefined || right === undefined || (!numbers && typeof left !== typeof right)) return false;
  return COMPARE[operator]?.(left < right ? -1 : left > right ? 1 : 0) ?? false;
}

const isNumber = (value: Literal): boolean => typeof value === "number" || typeof value === "bigint";

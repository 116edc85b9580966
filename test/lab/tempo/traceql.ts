/**
 * The part of TraceQL that the lab speaks: one span-set filter (or several joined by && and ||), a pipeline of `count()` and
 * `by(…)` or ending in `count_over_time() by (…)`, and hints. Grammar: https://grafana.com/docs/tempo/latest/traceql/
 */
import { parseDuration } from "../../../src/units/duration.ts";
import {
  bareName,
  canonicalName,
  type Field,
  fieldNamed,
  isIntrinsic,
  type Literal,
  type Spot,
} from "./fields.ts";

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
  /** What `| count() > 2` and `| by(…)` make of the matching spans. */
  readonly stages: readonly Stage[];
  /** Present for `| count_over_time()`. */
  readonly countBy?: readonly { readonly name: string; readonly field: Field }[];
  readonly mostRecent: boolean;
}

/** Spans that are shown together, and what they have in common. */
export interface SpotSet {
  readonly spots: readonly Spot[];
  readonly attributes: readonly { readonly key: string; readonly value: Literal }[];
}

type Stage = (set: SpotSet) => readonly SpotSet[];

/** The sets that a query makes of one row's spans; none when the row does not match. */
export const setsOf = ({ filter, stages }: Query, spots: readonly Spot[]): readonly SpotSet[] =>
  stages.reduce<readonly SpotSet[]>(
    (sets, stage) => sets.flatMap(stage),
    [{ spots: filter.matching(spots), attributes: [] }].filter((set) => set.spots.length > 0),
  );

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

  const fieldOf = (token: Token): Field => fieldNamed(token.text) ?? unexpectedHere(token);
  const comparison = (): Test => {
    const token = peek();
    if (token.kind !== "name") throw unexpected(token);
    take();
    if (token.text === "true" || token.text === "false") return () => token.text === "true";
    const field = fieldOf(token);
    const operator = peek().text;
    if (!(operator in COMPARE || operator in MATCH)) return (spot) => field(spot) === true;
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

  const fields = (): { name: string; field: Field }[] => {
    expect("(");
    const found: { name: string; field: Field }[] = [];
    do {
      const token = take();
      found.push({ name: token.text, field: fieldOf(token) });
    } while (next(","));
    expect(")");
    return found;
  };
  const stage = (): Stage => {
    if (next("by")) {
      const [one = unexpectedHere(peek())] = fields();
      const name = canonicalName(one.name);
      // Every span has its id.
      if (name !== "span:id") shown.push({ name, field: one.field });
      return groupedBy(`by(${name})`, one.field);
    }
    for (const text of ["count", "(", ")"]) expect(text);
    const operator = take().text;
    const number = literal();
    return ({ spots, attributes }) => {
      const count = BigInt(spots.length);
      const isKept = compare(operator, count, number);
      return isKept ? [{ spots, attributes: [...attributes, { key: "count()", value: count }] }] : [];
    };
  };

  return {
    query(): Query {
      const filter = joined();
      const stages: Stage[] = [];
      let countBy: Query["countBy"];
      while (next("|")) {
        if (!next("count_over_time")) stages.push(stage());
        else {
          expect("(");
          expect(")");
          countBy = next("by") ? fields() : [];
        }
      }
      const mostRecent = next("with");
      if (mostRecent) for (const text of ["(", "most_recent", "=", "true", ")"]) expect(text);
      return { filter, shown, stages, mostRecent, ...(countBy === undefined ? {} : { countBy }) };
    },
    end(): void {
      if (peek().kind !== "end") throw unexpected(peek());
    },
  };
}

function groupedBy(key: string, field: Field): Stage {
  return ({ spots, attributes }) =>
    [...Map.groupBy(spots, field)].map(([value, group]) => ({
      spots: group,
      attributes: [...attributes, { key, value }],
    }));
}

function unexpectedHere(token: Token): never {
  throw unexpected(token);
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

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** A regular expression is about the whole value. */
const MATCH: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  "=~": (value, pattern) => new RegExp(`^(?:${pattern})$`, "su").test(value),
  "!~": (value, pattern) => !new RegExp(`^(?:${pattern})$`, "su").test(value),
};

/** Values of different types, or an attribute that is not there, match nothing, whatever the operator. */
function compare(operator: string, left: Literal, right: Literal): boolean {
  if (operator in MATCH) return typeof left === "string" && MATCH[operator]?.(left, String(right)) === true;
  const numbers = isNumber(left) && isNumber(right);
  if (left === undefined || right === undefined || (!numbers && typeof left !== typeof right)) return false;
  return COMPARE[operator]?.(left < right ? -1 : left > right ? 1 : 0) ?? false;
}

const isNumber = (value: Literal): boolean => typeof value === "number" || typeof value === "bigint";

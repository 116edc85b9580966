/** The part of LogQL that the lab understands, as a tree. */
export type Operator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

/** A line filter, or a filter on a label or metadata when `label` is there. */
export interface Filter {
  readonly operator: "|=" | "!=" | "|~" | "!~" | "=" | "=~";
  readonly value: string;
  readonly label?: string;
}

export interface LogQuery {
  readonly kind: "log";
  readonly matchers: readonly Matcher[];
  readonly filters: readonly Filter[];
  /** What `| drop` leaves out. */
  readonly drops: readonly string[];
}

export interface MetricQuery {
  readonly kind: "metric";
  readonly operation: "count_over_time" | "bytes_over_time";
  readonly log: LogQuery;
  /** ns */
  readonly range: bigint;
  /** Absent: one series for each label set. */
  readonly sum?: { readonly by: readonly string[] };
}

export type Query = LogQuery | MetricQuery;

/** A query that Loki refuses, in its words. */
export class ParseError extends Error {}

const NO_MATCHER =
  "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. " +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

/** @throws ParseError when some matcher must not match the empty value and none does. */
export function requireMatcher(matchers: readonly Matcher[], empty: (matcher: Matcher) => boolean): void {
  if (!matchers.some((matcher) => /^=/.test(matcher.operator) && !empty(matcher)))
    throw new ParseError(NO_MATCHER);
}

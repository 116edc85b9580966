/** Which runs are wanted, as SQL. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** What runs are found by: every given member must match. */
export interface RunFilter {
  /** Half-open `[from, to)`, ms since 1970. */
  readonly from?: number;
  readonly to?: number;
  readonly user?: string;
  readonly entityType?: string;
  readonly entityId?: string;
  readonly conversation?: string;
  /** As it was asked for, or as it answered. */
  readonly model?: string;
  readonly status?: string;
  readonly source?: string;
  /** The model asked for this tool. */
  readonly tool?: string;
  /** At least so many, in and out together. */
  readonly tokens?: number;
  /** All of these words are in one message. */
  readonly text?: string;
}

/** A condition on `runs`, with its values. */
interface RunCondition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** The same condition several times: as a test of one run, as the runs that pass it, and in order of time where an index has it. */
interface Filter {
  readonly test: string;
  readonly runs: string;
  readonly ordered?: string;
  readonly values: readonly SQLInputValue[];
}

const column = (name: string, value: string): Filter => ({
  // The plus keeps the index of this column out of a search that goes by time.
  test: `+${name} = ?`,
  runs: `SELECT seq FROM runs WHERE ${name} = ?`,
  ordered: `${name} = ?`,
  values: [value],
});

const TOKENS = "coalesce(tokens_input, 0) + coalesce(tokens_output, 0)";

const IN_TEXT = "SELECT rowid FROM message_text WHERE message_text MATCH ?";

const FILTERS: {
  readonly [Name in Exclude<keyof RunFilter, "from" | "to">]-?: (
    value: NonNullable<RunFilter[Name]>,
  ) => Filter;
} = {
  user: (value) => column("user", value),
  entityType: (value) => column("entity_type", value),
  entityId: (value) => column("entity_id", value),
  conversation: (value) => column("conversation", value),
  status: (value) => column("status", value),
  source: (value) => column("source", value),
  model: (value) => ({
    test: "(+model_asked = ? OR +model = ?)",
    runs: "SELECT seq FROM runs WHERE model_asked = ? UNION ALL SELECT seq FROM runs WHERE model = ?",
    values: [value, value],
  }),
  tool: (value) => ({
    test: "EXISTS (SELECT 1 FROM tool_calls WHERE run = seq AND name = ?)",
    runs: "SELECT run FROM tool_calls WHERE name = ?",
    values: [value],
  }),
  tokens: (value) => ({
    test: `+(${TOKENS}) >= ?`,
    runs: `SELECT seq FROM runs WHERE ${TOKENS} >= ?`,
    values: [value],
  }),
  text: (value) => ({
    test: `EXISTS (SELECT 1 FROM run_messages WHERE run = seq AND EXISTS (${IN_TEXT} AND rowid = message))`,
    runs: `SELECT run FROM message_text CROSS JOIN run_messages ON message = message_text.rowid WHERE message_text MATCH ?`,
    values: [phrase(value)],
  }),
};

/** Each word as it is, whatever it means to the search's own language. */
const phrase = (text: string): string =>
  text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => `"${word.replaceAll('"', '""')}"`)
    .join(" ");

/** So few runs are soon sorted; where there are more, enough of them are found sooner on the way back through time. */
const FEW = 2_000;

/** The condition by which the newest are found soon: by what is rarest, or by time where everything that is asked for is common. */
export function runCondition(database: DatabaseSync, filter: RunFilter): RunCondition {
  const filters = filtersOf(filter);
  const leading = leadingOf(database, filters);
  return joined(filter, filters, (one) =>
    one === leading ? (one.ordered ?? `seq IN (${one.runs})`) : one.test,
  );
}

/** The condition for runs that are found already. */
export const runTest = (filter: RunFilter): RunCondition =>
  joined(filter, filtersOf(filter), ({ test }) => test);

const filtersOf = ({ from: _, to: __, ...named }: RunFilter): Filter[] =>
  Object.entries(named).flatMap(([name, value]) => {
    const make = FILTERS[name as keyof typeof FILTERS] as (value: unknown) => Filter;
    return value === undefined ? [] : [make(value)];
  });

function joined(
  { from, to }: RunFilter,
  filters: readonly Filter[],
  sqlOf: (filter: Filter) => string,
): RunCondition {
  const parts = [
    ...(from === undefined ? [] : [{ sql: "started >= ?", values: [from] }]),
    ...(to === undefined ? [] : [{ sql: "started < ?", values: [to] }]),
    ...filters.map((filter) => ({ sql: sqlOf(filter), values: filter.values })),
  ];
  const sql = parts.length === 0 ? "1" : parts.map((part) => part.sql).join(" AND ");
  return { sql, values: parts.flatMap(({ values }) => values) };
}

/** By which runs are searched; the others are tests of what it finds. `undefined`: by time. */
function leadingOf(database: DatabaseSync, filters: readonly Filter[]): Filter | undefined {
  const [first, second] = filters;
  if (second === undefined && first?.ordered !== undefined) return first;
  const counted = filters
    .map((filter) => ({ filter, count: countOf(database, filter) }))
    .sort((a, b) => a.count - b.count);
  const rarest = counted.find(({ filter, count }) => count <= FEW || filter.ordered !== undefined);
  return rarest?.filter;
}

/** Not far beyond {@link FEW}; of what an index has in order as far as is needed to tell which is rarer. */
function countOf(database: DatabaseSync, { runs, ordered, values }: Filter): number {
  const most = ordered === undefined ? FEW + 1 : 50 * FEW;
  const count = database.prepare(`SELECT count(*) AS count FROM (SELECT 1 FROM (${runs}) LIMIT ${most})`);
  return Number(count.get(...values)?.count);
}

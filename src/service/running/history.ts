/** The table of runs: what is asked of it, and what it is told. */

import type { Database } from "bun:sqlite";
import type { Via } from "../../audit/format/event.ts";
import { given } from "../../units/given.ts";
import { DAY_MS } from "../../units/range.ts";
import type { RunBrief, RunEnd, RunRecord, RunState, ShownPlan } from "./run.ts";

/** Which runs are listed: the newest first. */
export interface RunQuery {
  readonly limit: number;
  /** Only runs that are older than the one with this id. */
  readonly before?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: RunState | undefined;
  readonly schedule?: string | undefined;
}

/** What becomes known of a run that goes on. */
export interface RunNews {
  readonly state?: RunState;
  readonly startedAt?: number;
  readonly plan?: ShownPlan;
  readonly event?: string;
  /** The mark of its process, as JSON. */
  readonly child?: string;
}

/** The runs that a database knows. */
export interface History {
  add(run: RunBrief): void;
  update(id: string, news: RunNews): void;
  end(id: string, end: RunEnd, warnings: readonly string[], at: number): void;
  /** These runs go on. */
  beat(at: number): void;
  get(id: string): RunRecord | undefined;
  list(query: RunQuery): readonly RunBrief[];
  /** Those that have not ended, oldest first, with the marks of their processes and of those that started them. */
  open(): readonly (RunBrief & { readonly child: unknown; readonly owner: unknown })[];
  /** Forgets the oldest. */
  trim(at: number): void;
}

/** How many runs are kept, and for how long. ms */
const RUNS_MAX = 10_000;
const KEPT_MS = 400 * DAY_MS;

/** A plan that is larger is forgotten once its run has ended. Bytes */
const PLAN_KEPT_BYTES = 64 << 10;

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly state: RunState;
  readonly params: string;
  readonly user: string;
  readonly via: Via;
  readonly request: string | null;
  readonly schedule: string | null;
  readonly continues: string | null;
  readonly host: string;
  readonly child: string | null;
  readonly owner: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly heartbeat_at: number;
  readonly ended_at: number | null;
  readonly event: string | null;
  readonly outcome: RunEnd["outcome"] | null;
  readonly error: string | null;
}

interface WholeRow extends Row {
  readonly plan: string | null;
  readonly result: string | null;
  readonly warnings: string | null;
}

const BRIEF =
  "id, kind, state, params, user, via, request, schedule, continues, host, child, owner, created_at, started_at, heartbeat_at, ended_at, event, outcome, error";

/** @param owner the mark of this process, as JSON: of whose runs it is told */
export function openHistory(database: Database, owner: string): History {
  const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));
  return {
    add: (run) => void database.query(INSERT).run({ ...rowOf(run), owner }),
    update(id, { plan, ...news }) {
      const { state = null, startedAt = null, event = null, child = null } = news;
      const shown = plan === undefined ? null : JSON.stringify(plan);
      database.query(UPDATE).run({ id, state, startedAt, event, child, plan: shown });
    },
    end(id, { outcome, error, ...rest }, warnings, at) {
      const members = {
        error: jsonOrNull(error),
        result: jsonOrNull(rest),
        warnings: JSON.stringify(warnings),
      };
      database.query(END).run({ id, outcome, at, planMax: PLAN_KEPT_BYTES, ...members });
    },
    beat: (at) => void database.query(BEAT).run({ at, owner }),
    get(id) {
      const row = database.query<WholeRow, [string]>("SELECT * FROM runs WHERE id = ?").get(id);
      return row === null ? undefined : recordOf(row);
    },
    list: (query) => database.query<Row, Bound>(LIST).all(boundOf(query)).map(briefOf),
    open: () =>
      database
        .query<Row, []>(`SELECT ${BRIEF} FROM runs WHERE state <> 'ended' ORDER BY id`)
        .all()
        .map((row) => ({ ...briefOf(row), child: parsed(row.child), owner: parsed(row.owner) })),
    trim(at) {
      database.query(TRIM).run({ most: RUNS_MAX, oldest: at - KEPT_MS });
      database.run("PRAGMA incremental_vacuum");
    },
  };
}

const INSERT = `INSERT INTO runs (id, kind, state, params, user, via, request, schedule, continues, host, owner, created_at, heartbeat_at)
  VALUES ($id, $kind, $state, $params, $user, $via, $request, $schedule, $continues, $host, $owner, $createdAt, $heartbeatAt)`;

const rowOf = ({ actor, params, request, schedule, continues, ...run }: RunBrief & { request?: string }) => ({
  ...{ id: run.id, kind: run.kind, state: run.state, host: run.host },
  ...{ createdAt: run.createdAt, heartbeatAt: run.heartbeatAt, params: JSON.stringify(params) },
  ...{ user: actor.user, via: actor.via, request: actor.request ?? request ?? null },
  ...{ schedule: schedule ?? null, continues: continues ?? null },
});

const UPDATE = `UPDATE runs SET state = coalesce($state, state), started_at = coalesce($startedAt, started_at),
  event = coalesce($event, event), child = coalesce($child, child), plan = coalesce($plan, plan)
  WHERE id = $id AND state <> 'ended'`;

const END = `UPDATE runs SET state = 'ended', outcome = $outcome, ended_at = $at, heartbeat_at = $at, error = $error,
  result = $result, warnings = $warnings, plan = CASE WHEN length(plan) > $planMax THEN NULL ELSE plan END
  WHERE id = $id AND state <> 'ended'`;

const BEAT = "UPDATE runs SET heartbeat_at = $at WHERE state <> 'ended' AND owner = $owner";

const LIST = `SELECT ${BRIEF} FROM runs WHERE ($before IS NULL OR id < $before) AND ($kind IS NULL OR kind = $kind)
  AND ($state IS NULL OR state = $state) AND ($schedule IS NULL OR schedule = $schedule) ORDER BY id DESC LIMIT $limit`;

type Bound = {
  limit: number;
  before: string | null;
  kind: string | null;
  state: string | null;
  schedule: string | null;
};

const boundOf = ({ limit, before = "", kind = "", state, schedule = "" }: RunQuery): Bound => ({
  limit,
  before: before || null,
  kind: kind || null,
  state: state ?? null,
  schedule: schedule || null,
});

const TRIM = `DELETE FROM runs WHERE state = 'ended' AND (ended_at < $oldest
  OR id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET $most))`;

const jsonOrNull = (value: object | undefined): string | null =>
  value === undefined || Object.values(value).every((one) => one === undefined)
    ? null
    : JSON.stringify(value);

function briefOf(row: Row): RunBrief {
  const { id, kind, state, host, user, via } = row;
  return {
    ...{ id, kind, state, host, params: JSON.parse(row.params), createdAt: row.created_at },
    ...{ heartbeatAt: row.heartbeat_at, actor: { user, via, request: row.request ?? undefined } },
    ...given({
      schedule: row.schedule ?? undefined,
      continues: row.continues ?? undefined,
      startedAt: row.started_at ?? undefined,
      endedAt: row.ended_at ?? undefined,
      event: row.event ?? undefined,
      outcome: row.outcome ?? undefined,
      error: row.error === null ? undefined : JSON.parse(row.error),
    }),
  };
}

function recordOf(row: WholeRow): RunRecord {
  const brief = briefOf(row);
  const { outcome, error } = brief;
  const rest = row.result === null ? {} : JSON.parse(row.result);
  return {
    ...brief,
    warnings: row.warnings === null ? [] : JSON.parse(row.warnings),
    ...given({
      plan: row.plan === null ? undefined : JSON.parse(row.plan),
      end: outcome && { outcome, ...given({ error }), ...rest },
    }),
  };
}

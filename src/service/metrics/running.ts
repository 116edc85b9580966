/** What only a service has: its requests, and its runs of tasks. */
import type { Database } from "bun:sqlite";
import { openDatabaseToRead } from "../database.ts";
import type { ActivityFigures } from "./activity.ts";

/** What the service counts while it runs; without it, what its database says. */
export interface ServiceFigures {
  /** Of one route, method and status each; the route as it is declared, never the path that was asked for. */
  readonly requests: readonly RequestCount[];
  /** Runs that have not ended, by kind and state. */
  readonly runs: readonly RunCount[];
  /** Absent without a service. */
  readonly startedMs?: number;
  readonly activity?: ActivityFigures;
}

interface Answered {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

interface RequestCount extends Answered {
  readonly count: number;
  /** All of them together. */
  readonly seconds: number;
}

interface RunCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Counts answers. Whatever callers send, there are no more counts than routes, methods and statuses. */
export function createRequestCounts() {
  const counts = new Map<string, RequestCount>();
  return {
    add({ route, method: asked, status, seconds }: Answered & { readonly seconds: number }): void {
      const method = METHODS.has(asked) ? asked : "other";
      const key = `${method} ${route} ${status}`;
      const { count, seconds: before } = counts.get(key) ?? { count: 0, seconds: 0 };
      counts.set(key, { route, method, status, count: count + 1, seconds: before + seconds });
    },
    all: (): RequestCount[] => [...counts.values()],
  };
}

/** The runs that have not ended, by kind and state. */
export const openRuns = (database: Database): RunCount[] =>
  database
    .query<RunCount, []>(
      "SELECT kind, state, count(*) AS count FROM runs WHERE state <> 'ended' GROUP BY kind, state",
    )
    .all();

/** The same from the database of a service that may run or not; `undefined` where none ever did. @throws DatabaseError */
export function figuresOnDisk(project: string): ServiceFigures | undefined {
  const database = openDatabaseToRead(project);
  if (database === undefined) return undefined;
  try {
    return { requests: [], runs: openRuns(database) };
  } finally {
    database.close(true);
  }
}

/** What is remembered of schedules, in the service's database: whoever starts their runs, the service or cron, decides by it. */
import type { Database } from "bun:sqlite";
import * as v from "valibot";
import { RUN_OUTCOMES } from "../../results/schedules.ts";
import { openDatabaseIfThere } from "../database.ts";
import type { ScheduleState } from "./decide.ts";

const time = v.optional(v.number());
const text = v.optional(v.string());

/** The file may come from elsewhere: what does not fit counts as nothing remembered. */
const stateSchema = v.object({
  definition: v.string(),
  decidedMs: v.number(),
  beganMs: time,
  claim: text,
  run: text,
  attempt: v.number(),
  isOnce: v.optional(v.literal(true)),
  retryMs: time,
  missedMs: time,
  endedMs: time,
  outcome: v.optional(v.picklist(RUN_OUTCOMES)),
  message: text,
  lastRun: text,
  successMs: time,
});

/** By schedules' names. */
export interface ScheduleStates {
  read(name: string): ScheduleState | undefined;
  /** Reads, decides and keeps it, and nobody else does meanwhile. @returns what was decided */
  change<Decided extends { readonly state: ScheduleState }>(
    name: string,
    decide: (before: ScheduleState | undefined) => Decided,
  ): Decided;
}

/** @param database that of the service */
export function scheduleStates(database: Database): ScheduleStates {
  const read = (name: string): ScheduleState | undefined => {
    const row = database
      .query<{ state: string }, [string]>("SELECT state FROM schedules WHERE name = ?")
      .get(name);
    return row === null ? undefined : stateIn(row.state);
  };
  return {
    read,
    change: (name, decide) =>
      database
        .transaction(() => {
          const before = read(name);
          const decided = decide(before);
          if (decided.state !== before)
            database.run(
              "INSERT INTO schedules (name, state) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET state = ?2",
              [name, JSON.stringify(decided.state)],
            );
          return decided;
        })
        .immediate(),
  };
}

/** Whether something is remembered of a schedule in this project. @throws DatabaseError */
export function hasState(project: string, name: string): boolean {
  const database = openDatabaseIfThere(project);
  try {
    return database !== undefined && scheduleStates(database).read(name) !== undefined;
  } finally {
    database?.close(true);
  }
}

function stateIn(text: string): ScheduleState | undefined {
  try {
    const checked = v.safeParse(stateSchema, JSON.parse(text));
    return checked.success ? checked.output : undefined;
  } catch {
    return undefined;
  }
}

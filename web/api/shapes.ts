/** What the service answers, by path: the shapes of `src/results/`, of which only the types come along. */

import type { ACTIVITY_LIST, ACTIVITY_SHOW, ACTIVITY_STATS } from "../../src/results/activity.ts";
import type { AUDIT_LIST, AUDIT_SHOW, AUDIT_VERIFY } from "../../src/results/audit.ts";
import type { CONFIG_SHOW } from "../../src/results/config.ts";
import type { DRILL, DRILL_LIST } from "../../src/results/drill.ts";
import type { INVENTORY } from "../../src/results/inventory.ts";
import type { ValueOf } from "../../src/results/result.ts";
import type { SCHEDULES_LIST } from "../../src/results/schedules.ts";
import type { HEALTH, READY, SESSION } from "../../src/results/service.ts";
import type {
  PLACES,
  SNAPSHOTS_COVERAGE,
  SNAPSHOTS_DIFF,
  SNAPSHOTS_LIST,
  SNAPSHOTS_SHOW,
} from "../../src/results/snapshots.ts";
import type { TASK, TASK_KINDS, TASK_LIST } from "../../src/results/tasks.ts";

/** Who is signed in. */
export type Session = ValueOf<typeof SESSION>;
/** A task with everything that is known of it. */
export type Task = ValueOf<typeof TASK>;
/** A task without its plan and its result. */
export type TaskBrief = ValueOf<typeof TASK_LIST>["tasks"][number];
/** A kind of task, and what it can be told. */
export type TaskKind = ValueOf<typeof TASK_KINDS>["kinds"][number];
/** Something that a kind of task can be told. */
export type TaskParam = TaskKind["parameters"][number];
/** A schedule, and how it stands. */
export type Schedule = ValueOf<typeof SCHEDULES_LIST>["schedules"][number];
/** A run of a model, without what was said. */
export type Run = ValueOf<typeof ACTIVITY_LIST>["runs"][number];
/** A run with its messages and tool calls. */
export type WholeRun = ValueOf<typeof ACTIVITY_SHOW>;
/** A message of a run. */
export type RunMessage = WholeRun["input"][number];
/** What was counted of runs. */
export type RunStats = ValueOf<typeof ACTIVITY_STATS>["rows"][number];
/** An event of the trail. */
export type AuditEvent = ValueOf<typeof AUDIT_LIST>["events"][number];
/** The kept snapshots, and what they cover. */
export type SnapshotList = ValueOf<typeof SNAPSHOTS_LIST>;
/** A kept snapshot, without its contents. */
export type ListedSnapshot = SnapshotList["snapshots"][number];
/** What a snapshot claims. */
export type Manifest = ValueOf<typeof SNAPSHOTS_SHOW>["manifest"];
/** In which records two snapshots differ. */
export type SnapshotDiff = ValueOf<typeof SNAPSHOTS_DIFF>;
/** A place for copies, and what is known of it. */
export type Place = ValueOf<typeof PLACES>["places"][number];
/** What is saved of one backend's time line. */
export type Coverage = SnapshotList["coverage"][number];
/** The kept reports of drills, in short. */
export type DrillList = ValueOf<typeof DRILL_LIST>;
/** A drill in short. */
export type ListedDrill = DrillList["drills"][number];
/** What a drill has shown. */
export type DrillReport = ValueOf<typeof DRILL>;
/** What the servers hold. */
export type Inventory = ValueOf<typeof INVENTORY>;

/** Paths without a name in them. */
interface Fixed {
  "/api/health": ValueOf<typeof HEALTH>;
  "/api/ready": ValueOf<typeof READY>;
  "/api/v1/session": Session;
  "/api/v1/kinds": ValueOf<typeof TASK_KINDS>;
  "/api/v1/tasks": ValueOf<typeof TASK_LIST>;
  "/api/v1/schedules": ValueOf<typeof SCHEDULES_LIST>;
  "/api/v1/drills": DrillList;
  "/api/v1/inventory": Inventory;
  "/api/v1/settings": ValueOf<typeof CONFIG_SHOW>;
  "/api/v1/snapshots": SnapshotList;
  "/api/v1/coverage": ValueOf<typeof SNAPSHOTS_COVERAGE>;
  "/api/v1/places": ValueOf<typeof PLACES>;
  "/api/v1/audit": ValueOf<typeof AUDIT_LIST>;
  "/api/v1/audit/verify": ValueOf<typeof AUDIT_VERIFY>;
  "/api/v1/activity/runs": ValueOf<typeof ACTIVITY_LIST>;
  "/api/v1/activity/stats": ValueOf<typeof ACTIVITY_STATS>;
}

type WithoutQuery<Path> = Path extends `${infer Bare}?${string}` ? Bare : Path;

type Named<Path> = Path extends `/api/v1/snapshots/${string}/diff`
  ? ValueOf<typeof SNAPSHOTS_DIFF>
  : Path extends `/api/v1/snapshots/${string}`
    ? ValueOf<typeof SNAPSHOTS_SHOW>
    : Path extends `/api/v1/audit/${string}`
      ? ValueOf<typeof AUDIT_SHOW>
      : Path extends `/api/v1/activity/runs/${string}`
        ? ValueOf<typeof ACTIVITY_SHOW>
        : Path extends `/api/v1/drills/${string}`
          ? DrillReport
          : Path extends `/api/v1/tasks/${string}` | `/api/v1/schedules/${string}/run`
            ? Task
            : never;

/** What is answered at a path, with or without a query. */
export type AnswerAt<Path extends string> =
  WithoutQuery<Path> extends infer Bare ? (Bare extends keyof Fixed ? Fixed[Bare] : Named<Bare>) : never;

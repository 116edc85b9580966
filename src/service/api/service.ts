/** What the routes work on. */
import type { Database } from "bun:sqlite";
import type { ActivityLog } from "../../activity/log.ts";
import type { Config } from "../../config/config.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import type { Log } from "../../terminal/log.ts";
import type { Measured } from "../metrics/metrics.ts";
import type { Launcher } from "../running/launcher.ts";
import type { Schedules } from "../schedule/schedules.ts";
import type { Recorder } from "../sign-in/recorded.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import type { AskProgram } from "./asked.ts";
import type { createPlaceLook } from "./reachable.ts";
import type { ReadingTurns } from "./reading-turns.ts";

/** A service that runs. */
export interface Service {
  /** What it is to the tasks that it starts. */
  readonly caller: Caller;
  /** As it was when the service started. */
  readonly config: Config;
  readonly database: Database;
  readonly log: Log;
  readonly signIn: SignIn;
  readonly recorder: Recorder;
  /** Takes runs of models in. */
  readonly activity: ActivityLog;
  /** Runs tasks. */
  readonly launcher: Launcher;
  readonly schedules: Schedules;
  readonly asking: AskProgram;
  /** The turns of all that look at something in a process of its own. */
  readonly reading: ReadingTurns;
  /** See `marks.ts`. */
  snapshotsMark(): Promise<string>;
  /** The kept snapshots, as JSON of `snapshots.list`. */
  overview(): Promise<string>;
  /** Which places can be reached, as far as it is known. */
  readonly places: ReturnType<typeof createPlaceLook>;
  /** ms since 1970. */
  readonly startedAt: number;
  /** What is measured now, with the requests that were answered so far. */
  measure(): Promise<Measured>;
  /** Whether it still holds the project's lock. */
  isAlone(): boolean;
}

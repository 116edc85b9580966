/** A launcher of tasks for one project, whose processes are real. */
import type { Database } from "bun:sqlite";
import { join } from "node:path";
import type { AuditEvent } from "../../src/audit/format/event.ts";
import { openTrail } from "../../src/audit/trail.ts";
import { loadConfig } from "../../src/config/load.ts";
import { OWN_PROGRAM } from "../../src/programs/own.ts";
import { BUILT_INS } from "../../src/registry.ts";
import { openDatabase } from "../../src/service/database.ts";
import type { RunEvent } from "../../src/service/running/feed.ts";
import { createLauncher, type Launcher, type LauncherOptions } from "../../src/service/running/launcher.ts";
import type { Caller } from "../../src/tasks/stack/stack.ts";

/** As other tests have it. The lab's counts are stable: they need no time to settle. */
const cleanEnv = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  HOME: home,
  TZ: "UTC",
  CONTEXTCORE_EXPORT_RECOUNT: "0s",
});

/** Every kind may be run, and there is a schedule. */
export const EVERYTHING =
  'permissions: { api: ["*", prune, restore, provision, audit_prune, delete_dashboard, lifecycle, activity_purge], schedules: ["*", prune, restore, provision] }\nschedules:\n  - { name: nightly, cron: "0 0 1 1 *", task: prune, params: { keep-last: 1, allow-gaps: true } }\n';

export const KIM = { user: "kim", via: "api", request: "r-1" } as const;
export const NIGHT = { user: "ada", via: "schedule" } as const;

export interface Launched extends AsyncDisposable {
  readonly launcher: Launcher;
  readonly database: Database;
  /** What was said of the runs, and what was warned of. */
  readonly lines: string[];
  readonly warnings: string[];
  /** The trail's events, oldest first. */
  events(): Promise<readonly AuditEvent[]>;
}

/** @param directory the project, whose user's home it is */
export async function launched(directory: string, options: Partial<LauncherOptions> = {}): Promise<Launched> {
  const env = cleanEnv(directory);
  const warnings: string[] = [];
  const lines: string[] = [];
  const nobody = (): never => {
    throw new Error("the service itself asks nobody");
  };
  const caller: Caller = {
    ...{ directory, env, configFile: undefined, overrides: {}, builtIns: BUILT_INS, debug: false },
    signal: new AbortController().signal,
    note: (message) => void lines.push(message),
    warn: (message) => void warnings.push(message),
    ...{ follow: nobody, waitFor: nobody, pour: nobody, agreementOf: nobody, requireAgreement: nobody },
  };
  const config = await loadConfig(caller);
  const database = openDatabase(directory);
  const launcher = createLauncher({
    ...{ caller, config, database, onLine: (line) => void lines.push(line) },
    ...options,
  });
  return {
    launcher,
    database,
    lines,
    warnings,
    events: () =>
      openTrail({
        file: join(directory, ".contextcore", "audit.jsonl"),
        home: join(directory, ".contextcore"),
        project: "shop",
        onWarning: (message) => void warnings.push(message),
      }).newest({ limit: 100 }),
    async [Symbol.asyncDispose]() {
      await launcher.stop(0);
      database.close();
    },
  };
}

/** The project's user agrees to what it wants. */
export function agree(directory: string): string {
  const words = [...OWN_PROGRAM, "config", "trust", "--yes"];
  const done = Bun.spawnSync(words, { cwd: directory, env: cleanEnv(directory) });
  if (done.exitCode !== 0) throw new Error(`the project was not agreed to:\n${done.stderr}`);
  return directory;
}

/** The first event of the run for which this holds. */
export async function until(
  launcher: Launcher,
  id: string,
  holds: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  const left = new AbortController();
  for await (const event of launcher.watch(id, left.signal)) if (holds(event)) return event;
  throw new Error(`it has ended: ${JSON.stringify(launcher.get(id))}`);
}

/** Waits until it stands there. */
export const reaches = (launcher: Launcher, id: string, state: string): Promise<RunEvent> =>
  until(launcher, id, (event) => event.event === "state" && event.state === state);

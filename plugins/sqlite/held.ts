/** Whether anybody uses a database that is to be replaced. */

import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { PluginError } from "contextcore";
import { classified } from "./database.ts";

/**
 * Makes sure that nobody uses the database, and empties its log, so that another file can take its place: a log that stays would be
 * played into the new one.
 * @throws PluginError `refused` while a program has it open or locked; `invalid` when it is no database
 */
export function releaseFor(path: string): void {
  const holders = holdersOf(path);
  if (holders.length > 0)
    throw new PluginError("refused", `the database ${path} is open in ${holders.join(", ")}`, {
      hint: "Stop it, restore, and start it again: what it would write afterwards would be lost, or damage the restored database.",
    });
  let database: Database | undefined;
  try {
    database = new Database(path, { readwrite: true, create: false });
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("BEGIN EXCLUSIVE");
    database.run("ROLLBACK");
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    throw refusal(classified(error, path), path);
  } finally {
    database?.close();
  }
}

/** Waiting does not help here: somebody uses it. */
const refusal = (error: unknown, path: string): unknown =>
  error instanceof PluginError && error.kind === "temporary"
    ? new PluginError("refused", `the database ${path} is locked: a program is using it`, {
        hint: "Stop that program, restore, and start it again.",
        cause: error,
      })
    : error;

/** The programs that have the file open, as far as this user may know. Empty where the system does not tell. */
function holdersOf(path: string): string[] {
  const real = realpathSync(path);
  const pids = listed("/proc").filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`);
  const holding = pids.filter((pid) =>
    listed(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === real),
  );
  return holding.map((pid) => `${nameOf(pid)} (process ${pid})`);
}

/** Processes end, and others' are closed to us. */
function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "a program";
  }
}

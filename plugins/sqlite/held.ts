/** Whether anybody uses a database that is to be replaced. */

import { Database } from "bun:sqlite";
import { type BigIntStats, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { isKind, PluginError } from "contextcore";
import { classified, withDatabase } from "./database.ts";

/**
 * Makes sure that nobody uses the database, and empties its log, so that another file can take its place: a log that stays would be
 * played into the new one.
 * @throws PluginError `refused` while a program has it open or locked, and when it is no sound database
 */
export function releaseFor(path: string): void {
  const holders = holdersOf(path);
  if (holders.length > 0)
    throw new PluginError("refused", OPEN(path, holders), {
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

/** Why a database cannot be replaced now, without changing anything; `undefined`: nothing is known against it. */
export function objectionTo(path: string): string | undefined {
  const holders = holdersOf(path);
  if (holders.length > 0) return OPEN(path, holders);
  try {
    withDatabase(path, "read", (database) => database.query("SELECT count(*) FROM sqlite_schema").get());
    return undefined;
  } catch (error) {
    const why = refusal(error, path);
    return why instanceof PluginError ? `${why.message}. ${why.hint ?? ""}`.trimEnd() : undefined;
  }
}

const OPEN = (path: string, holders: readonly string[]): string =>
  `the database ${path} is open in ${holders.join(", ")}`;

/** Waiting does not help where somebody uses it, and what is no database any more may be worth more than its copy. */
function refusal(error: unknown, path: string): unknown {
  if (isKind(error, "temporary"))
    return new PluginError("refused", `the database ${path} is locked: a program is using it`, {
      hint: "Stop that program, restore, and start it again.",
      cause: error,
    });
  if (isKind(error, "invalid"))
    return new PluginError(
      "refused",
      `${path} is damaged, encrypted or no database, so it is left as it is`,
      {
        hint: "Move it away and restore again: `sqlite3 FILE .recover` may save what is newer in it than in the snapshot.",
        cause: error,
      },
    );
  return error;
}

/**
 * The programs that have the file open under any name, as far as this user may know: a program in a container knows it by another
 * path. Empty where the system does not tell.
 */
function holdersOf(path: string): string[] {
  const { dev, ino } = statSync(path, { bigint: true });
  const pids = listed("/proc").filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`);
  const isIt = (fd: string): boolean => {
    // Sockets and pipes need not be looked at.
    if (linkOf(fd)?.startsWith("/") !== true) return false;
    const open = statOf(fd);
    return open?.ino === ino && open.dev === dev;
  };
  const holding = pids.filter((pid) => listed(`/proc/${pid}/fd`).some((fd) => isIt(`/proc/${pid}/fd/${fd}`)));
  return holding.map((pid) => `${nameOf(pid)} (process ${pid})`);
}

function statOf(fd: string): BigIntStats | undefined {
  try {
    return statSync(fd, { bigint: true });
  } catch {
    return undefined;
  }
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

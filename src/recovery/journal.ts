/** The directory of one recovery: `recoveries/YYYYMMDD-HHMMSS` beside the snapshots. What is done is known from it alone. */
import { basename, join } from "node:path";
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { newWorkDirectory, unfinishedIn } from "../restore/directory.ts";
import { openJournalFile } from "../restore/journal.ts";
import { openRestoreDirectory } from "../snapshot/write/disk.ts";
import { isThere } from "../storage/entries.ts";
import type { Lock } from "../storage/lock.ts";
import { makeOwnDirectory, readOwnText } from "../storage/own-file.ts";

const requestSchema = v.object({
  /** When it was begun, RFC 3339: it is timed from then on. */
  began: v.string(),
  /** Where the snapshots are, as the user named it; absent: those that are kept. */
  from: v.exactOptional(v.string()),
  /** No snapshot that was begun later is used, RFC 3339. */
  at: v.string(),
  /** Only these backends; none: all. */
  backends: v.array(v.string()),
  /** Identifies exactly the snapshots that it takes, by backend. */
  sources: objectOf(v.string()),
});

/** `request.json` of a recovery: only the same one continues it. */
export type RecoveryRequest = v.InferOutput<typeof requestSchema>;

const doneSchema = v.object({
  step: v.string(),
  state: v.picklist(["began", "done", "failed"]),
  at: v.string(),
  seconds: v.exactOptional(v.number()),
  /** Of a restore: its directory, and how it ended. */
  restore: v.exactOptional(v.string()),
  status: v.exactOptional(v.string()),
  reason: v.exactOptional(v.string()),
});

/** A line of `progress.jsonl`. */
export type StepNote = v.InferOutput<typeof doneSchema>;

/** An interrupted recovery. */
export interface InterruptedRecovery {
  readonly directory: string;
  readonly request: RecoveryRequest;
}

/** The progress of one recovery. */
export interface RecoveryJournal {
  readonly directory: string;
  /** The last note about a step. */
  last(step: string): StepNote | undefined;
  /** Durable when it resolves. */
  note(note: Omit<StepNote, "at">): Promise<void>;
  close(): Promise<void>;
}

const parentOf = (backups: string): string => join(backups, "recoveries");

const BYTES_MAX = 1 << 20;

/** The newest recovery that has no report. */
export function interruptedRecovery(backups: string): InterruptedRecovery | undefined {
  for (const directory of unfinishedIn(parentOf(backups))) {
    const file = join(directory, "request.json");
    // A crash may have left the directory before it said what it is for.
    if (isThere(file))
      return { directory, request: v.parse(requestSchema, JSON.parse(readOwnText(file, BYTES_MAX))) };
  }
  return undefined;
}

/** Makes the directory of a new recovery. */
export const newRecovery = (backups: string, request: RecoveryRequest): Promise<string> =>
  newWorkDirectory(parentOf(backups), request, new Date(request.began));

/** @returns `undefined` when another process holds it */
export const lockRecovery = (directory: string): Lock | undefined =>
  openRestoreDirectory(directory).lock("lock");

/** Opens `progress.jsonl`, new or left by an interrupted run. */
export async function openRecoveryJournal(directory: string): Promise<RecoveryJournal> {
  makeOwnDirectory(directory);
  const notes = new Map<string, StepNote>();
  const take = (note: StepNote): void => void notes.set(note.step, note);
  const file = await openJournalFile(openRestoreDirectory(directory), "progress.jsonl", (bytes) =>
    take(v.parse(doneSchema, JSON.parse(new TextDecoder().decode(bytes)))),
  );
  return {
    directory,
    last: (step) => notes.get(step),
    async note(given) {
      const note = { ...given, at: new Date().toISOString() };
      await file.append(`${JSON.stringify(note)}\n`);
      take(note);
    },
    close: () => file.close(),
  };
}

/** Writes `report.json`: nothing continues this recovery any more. */
export const finishRecovery = async (directory: string, report: object): Promise<void> =>
  void (await openRestoreDirectory(directory).write("report.json", `${JSON.stringify(report, null, 2)}\n`));

/** The name by which work of this recovery is told from what was there before. */
export const recoveryName = (directory: string): string => basename(directory);

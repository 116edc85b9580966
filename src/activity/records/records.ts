/** The runs of a database as records: read, counted, put back, and one person's found and erased. */
import * as v from "valibot";
import { inTransaction, openActivity } from "../database/open.ts";
import { recordingClock } from "../database/recorded.ts";
import { sweepInterrupted } from "../database/sweep.ts";
import { runRecordSchema, type SavedRun } from "../format/run-record.ts";
import { createRecordWriter, type PutOutcome } from "./put.ts";
import {
  countRecords,
  eachRecord,
  type PlacedRun,
  type Recorded,
  type RecordSpan,
  type RecordsWanted,
  spanOf,
} from "./read.ts";
import { eraseRuns, findSubject, type SubjectPlace, type SubjectRuns } from "./subject.ts";

/** An opened log; whatever it is asked throws what SQLite throws, or says that the file cannot be used. */
export interface RunRecords extends Disposable {
  span(): RecordSpan;
  count(recorded: Recorded): { readonly runs: number; readonly toolCalls: number };
  each(wanted: RecordsWanted): Iterable<PlacedRun>;
  /**
   * Everything that is written down from now on bears a time that is not before this one: what was written down before is
   * complete. Runs whose process is gone are closed. ms since 1970
   */
  settled(): number;
  /** All of them, or none. */
  put(records: readonly SavedRun[]): PutOutcome[];
  find(
    places: readonly SubjectPlace[],
    began: { readonly from: number; readonly to: number },
  ): Iterable<SubjectRuns>;
  /** @returns false when another process still reads what is gone from the journal */
  erase(ids: readonly string[]): boolean;
}

/** How long another process's write is waited for: this blocks the thread. ms */
const BUSY_MS = 500;

/** Opens the log. @param access `write` makes it where it is not there */
export function openRunRecords(path: string, access: "read" | "write"): RunRecords {
  const database = openActivity(path, { busyMs: BUSY_MS, isReadOnly: access === "read" });
  return {
    span: () => spanOf(database),
    count: (recorded) => countRecords(database, recorded),
    each: (wanted) => eachRecord(database, wanted),
    settled() {
      sweepInterrupted(database);
      return inTransaction(database, recordingClock(database));
    },
    put(records) {
      const put = createRecordWriter(database);
      return inTransaction(database, () => records.map(put));
    },
    find: (places, began) => findSubject(database, places, began),
    erase: (ids) => eraseRuns(database, ids),
    [Symbol.dispose]: () => database.close(),
  };
}

/** The line of a run, newline included. */
export const toRunLine = (record: SavedRun): string => `${JSON.stringify(record)}
`;

/** The run of a line. @returns what is wrong with it, if it is none */
export function fromRunLine(line: string): SavedRun | { readonly wrong: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { wrong: "not JSON" };
  }
  const { success, output, issues } = v.safeParse(runRecordSchema, value);
  if (success) return output;
  return { wrong: `${v.getDotPath(issues[0]) ?? "it"}: ${issues[0].message}` };
}

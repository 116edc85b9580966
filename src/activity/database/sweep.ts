/** Runs whose process is gone without a word: how they ended is not known, and that is said. */
import type { DatabaseSync } from "node:sqlite";
import { markOf, stateOf, toProcessMark } from "../../units/process-mark.ts";
import { inTransaction } from "./open.ts";
import { recordingClock } from "./recorded.ts";

/** The mark of this process, by which another one sees whether it still runs. */
export const writerMark = (): string => JSON.stringify(markOf(process.pid) ?? {});

/** Closes those as `interrupted`. @returns how many */
export function sweepInterrupted(database: DatabaseSync): number {
  const writers = database.prepare("SELECT DISTINCT writer FROM runs WHERE status = 'running'").all();
  const gone = writers.filter(({ writer }) => isGone(writer));
  if (gone.length === 0) return 0;
  const close = database.prepare(
    "UPDATE runs SET status = 'interrupted', writer = NULL, recorded = ? WHERE status = 'running' AND writer IS ?",
  );
  return inTransaction(database, () => {
    const now = recordingClock(database)();
    return gone.reduce((sum, { writer }) => sum + Number(close.run(now, String(writer)).changes), 0);
  });
}

/** Processes of other containers cannot be seen: those are left as they are. */
function isGone(writer: unknown): boolean {
  const mark = toProcessMark(JSON.parse(String(writer)));
  return mark === undefined || stateOf(mark) === "gone";
}

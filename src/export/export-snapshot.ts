/**
 * Runs an export once for all backends. Committed data survives whatever happens to the process, and `resumeSnapshot` continues
 * from there.
 */
import { join } from "node:path";
import { takeLock } from "../snapshot/write/lock.ts";
import { createPartial, finishedManifest, renameFinished } from "../snapshot/write/partial.ts";
import { type CommittedStep, recover } from "../snapshot/write/recover.ts";
import { readRequest, writeRequest } from "../snapshot/write/request.ts";
import type { Lock } from "../storage/lock.ts";
import { fromMs } from "../units/range.ts";
import { localDraft } from "./draft.ts";
import { isOfOldReading } from "./ledger/reread-cursor.ts";
import { ledgersOf, newRequest } from "./requested.ts";
import { runSession } from "./session.ts";
import type { ExportJob, ExportResult } from "./types.ts";

/**
 * Exports into a new snapshot.
 * @returns the finished snapshot, whose manifest says whether it is complete: one backend's failure stops no other
 * @throws Interrupted when the job's signal is aborted: what was read is kept and can be resumed
 * @throws ExportStopped when the disk refuses: likewise
 * @throws SnapshotError when the directory cannot be written at all
 */
export async function exportSnapshot(job: ExportJob): Promise<ExportResult> {
  const created = fromMs(Date.now());
  const partial = await createPartial(job.directory, created);
  const lock = takeLock(join(partial, "lock"));
  return locked(lock, async () => {
    const request = newRequest(job, created);
    await writeRequest(partial, request);
    const draft = localDraft({ partial, lock, request });
    return runSession({ draft, job, request, ledgers: ledgersOf(request) });
  });
}

/**
 * Continues an interrupted export with the plugins, ranges and selectors that it began with, whatever the job asks for. Work
 * that failed before is tried again.
 * @param partial the directory that it left
 * @throws SnapshotError when it cannot be resumed; otherwise as {@link exportSnapshot}
 */
export async function resumeSnapshot(
  partial: string,
  job: Omit<ExportJob, "directory">,
): Promise<ExportResult> {
  // Refuse a directory that is not an unfinished export before creating a lock file in it.
  if ((await finishedManifest(partial)) === undefined) await readRequest(partial);
  const lock = takeLock(join(partial, "lock"));
  return locked(lock, async () => {
    // Read again under the lock: another process may have been writing it until then.
    const manifest = await finishedManifest(partial);
    if (manifest !== undefined) {
      lock.release();
      return { path: await renameFinished(partial, manifest), manifest };
    }
    const earlier = await readRequest(partial);
    const request = { ...earlier, resumed: earlier.resumed + 1, failures: [...job.failures] };
    const ledgers = ledgersOf(request);
    const replay = ({ plugin, blocks, commit }: CommittedStep): void =>
      ledgers.get(plugin)?.replay(blocks, commit);
    const recovered = await recover(partial, replay, (cursor) => !isOfOldReading(cursor));
    await writeRequest(partial, request);
    const draft = localDraft({ partial, lock, request, recovered });
    return runSession({ draft, job, request, ledgers });
  });
}

/** Releases the lock when the work fails; successful work has released it before renaming the directory. */
async function locked(lock: Lock, work: () => Promise<ExportResult>): Promise<ExportResult> {
  try {
    return await work();
  } catch (error) {
    lock.release();
    throw error;
  }
}

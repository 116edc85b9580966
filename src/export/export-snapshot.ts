/**
 * Runs an export once for all backends. Committed data survives whatever happens to the process, and `resumeSnapshot` continues
 * from there.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { ExportRequest } from "../contract/contract.ts";
import { rangeFromText, rangeToText } from "../snapshot/format/range-text.ts";
import { takeLock } from "../snapshot/write/lock.ts";
import { createPartial, finishedManifest, renameFinished } from "../snapshot/write/partial.ts";
import { type CommittedStep, recover } from "../snapshot/write/recover.ts";
import { readRequest, type SnapshotRequest, writeRequest } from "../snapshot/write/request.ts";
import type { Lock } from "../storage/lock.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { createLedger, type Ledger } from "./ledger/ledger.ts";
import { isOfOldReading } from "./ledger/reread-cursor.ts";
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
    const request = requestOf(job, created);
    await writeRequest(partial, request);
    return runSession({ partial, lock, job, request, ledgers: ledgersOf(request) });
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
    return runSession({ partial, lock, job, request, ledgers, recovered });
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

function requestOf(job: ExportJob, created: bigint): SnapshotRequest {
  return {
    format: 1,
    tool: job.tool ?? "contextcore",
    created: toRfc3339(created),
    host: hostname(),
    user: job.user ?? "unknown",
    resumed: 0,
    ...given({ compression: job.compression, fileBytesMax: job.fileBytesMax }),
    plugins: job.backends.map(({ open, request: { range, match }, parent }) => ({
      name: open.name,
      ...(open.plugin.name === open.name ? {} : { plugin: open.plugin.name }),
      ...given({ folder: open.folder, url: open.url, tenant: open.tenant, match, parent }),
      range: rangeToText(range),
    })),
    failures: [...job.failures],
  };
}

function ledgersOf(request: SnapshotRequest): Map<string, Ledger> {
  const asked = ({ range, match }: SnapshotRequest["plugins"][number]): ExportRequest => ({
    range: rangeFromText(range),
    ...given({ match }),
  });
  return new Map(request.plugins.map((plugin) => [plugin.name, createLedger(asked(plugin))]));
}

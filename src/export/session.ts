/** One run of an export, first or resumed: from the open directory to the finished snapshot. */

import { createMemoryBudget } from "../engine/memory-budget.ts";
import { watchMemory } from "../engine/memory-pressure.ts";
import type { Parent } from "../snapshot/format/manifest.ts";
import { SIGNAL_TABLE } from "../snapshot/format/signals.ts";
import { renameFinished, writeManifest } from "../snapshot/write/partial.ts";
import type { InstanceFolder } from "../snapshot/write/placement.ts";
import type { Recovered } from "../snapshot/write/recover.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import { type ExpectedFile, openWriter, type SnapshotWriter } from "../snapshot/write/writer.ts";
import type { Lock } from "../storage/lock.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { type BackendOutcome, runBackend } from "./backend-run.ts";
import { buildManifest } from "./build-manifest.ts";
import type { ExportContext } from "./context.ts";
import { ExportStopped, Interrupted } from "./errors.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { EXPORT_TUNING, type ExportTuning } from "./tuning.ts";
import type { ExportJob, ExportResult } from "./types.ts";
import { createTemporarySpace } from "./whole/temporary-space.ts";

/** What one run needs: where it writes, what is requested, and what earlier runs committed. */
interface Session {
  /** The directory of the unfinished snapshot. */
  readonly partial: string;
  readonly lock: Lock;
  readonly job: Omit<ExportJob, "directory">;
  readonly request: SnapshotRequest;
  /** By plugin; in a resumed export they hold what was committed. */
  readonly ledgers: ReadonlyMap<string, Ledger>;
  readonly recovered?: Recovered;
}

/** @throws Interrupted @throws ExportStopped */
export async function runSession(session: Session): Promise<ExportResult> {
  const { partial, job } = session;
  const tuning: ExportTuning = { ...EXPORT_TUNING, ...job.tuning };
  using memory = watchMemory();
  const stopper = new AbortController();
  const stop = (error: Error): void => stopper.abort(error);
  const writer = await openSessionWriter(session, tuning, stop);
  const context: ExportContext = {
    partial,
    writer,
    budget: createMemoryBudget(tuning.heldBytes, memory.isPressed),
    tuning,
    temporary: createTemporarySpace(),
    parents: parentsIn(session.request),
    concurrency: job.concurrency,
    signal: AbortSignal.any([job.signal, stopper.signal]),
    stop,
    ...given({ onProgress: job.onProgress }),
  };
  try {
    const outcomes = await runBackends(session, context);
    stopper.signal.throwIfAborted();
    await writer.flush();
    stopper.signal.throwIfAborted();
    if (job.signal.aborted) throw new Interrupted(partial);
    refuseStuck(outcomes);
    return await finish(session, writer, outcomes);
  } catch (error) {
    await writer.close().catch(() => {});
    throw error instanceof Interrupted ? error : new ExportStopped(partial, error);
  }
}

const openSessionWriter = (
  { partial, request, recovered }: Session,
  { groupMs, groupBytes }: ExportTuning,
  onFailure: (error: Error) => void,
): Promise<SnapshotWriter> =>
  openWriter({
    directory: partial,
    folders: foldersOf(request),
    groupMs,
    groupBytes,
    onFailure,
    ...given({ compression: request.compression, fileBytesMax: request.fileBytesMax, recovered }),
  });

const parentsIn = ({ plugins }: SnapshotRequest): ReadonlyMap<string, Parent> =>
  new Map(plugins.flatMap(({ name, parent }) => (parent ? [[name, parent] as const] : [])));

const foldersOf = ({ plugins }: SnapshotRequest): ReadonlyMap<string, InstanceFolder> =>
  new Map(
    plugins.flatMap(({ name, plugin = name, folder }) =>
      folder === undefined ? [] : [[name, { plugin, folder }] as const],
    ),
  );

/** Waits for all of them, even if one ends with a fault of ours, which stops the others. */
async function runBackends({ job, ledgers }: Session, context: ExportContext): Promise<BackendOutcome[]> {
  const runs = job.backends.flatMap(({ open, inventory, unlisted }) => {
    const ledger = ledgers.get(open.name);
    return ledger === undefined ? [] : [runBackend(context, { open, ledger, inventory, unlisted })];
  });
  for (const run of runs) run.catch((error) => context.stop(error));
  const ended = await Promise.allSettled(runs);
  return ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

/** An outage during a resume costs nothing: the snapshot stays unfinished, with what the others have read meanwhile. */
function refuseStuck(outcomes: readonly BackendOutcome[]): void {
  const stuck = outcomes.flatMap((one) => one.stuck ?? []);
  if (stuck.length > 0)
    throw new Error(`${stuck.join("; ")} (to finish without it, remove it from the configuration)`);
}

async function finish(
  { partial, lock, request }: Session,
  writer: SnapshotWriter,
  outcomes: readonly BackendOutcome[],
): Promise<ExportResult> {
  const written = await writer.finish(expectedFiles(outcomes));
  const manifest = await writeManifest(
    partial,
    buildManifest(request, outcomes, written, fromMs(Date.now())),
  );
  // The lock file is in the directory, which is now renamed.
  lock.release();
  return { path: await renameFinished(partial, manifest), manifest };
}

/** Every exported signal gets its file, even an empty one. */
function expectedFiles(outcomes: readonly BackendOutcome[]): ExpectedFile[] {
  return outcomes
    .filter((one) => !one.failed)
    .flatMap(({ open, inventory }) =>
      (inventory?.signals ?? []).flatMap((signal) => {
        const { lines } = SIGNAL_TABLE[signal];
        return lines === undefined ? [] : [{ plugin: open.name, file: lines.file }];
      }),
    );
}

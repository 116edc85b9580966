/** One run of an export, first or resumed: from the open directory to the finished snapshot. */

import { createMemoryBudget } from "../engine/memory-budget.ts";
import { watchMemory } from "../engine/memory-pressure.ts";
import { formatManifest, type Parent } from "../snapshot/format/manifest.ts";
import { SIGNAL_TABLE } from "../snapshot/format/signals.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import type { ExpectedFile, SnapshotWriter } from "../snapshot/write/writer.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { type BackendOutcome, runBackend } from "./backend-run.ts";
import { buildManifest } from "./build-manifest.ts";
import type { ExportContext } from "./context.ts";
import type { Draft } from "./draft.ts";
import { ExportStopped, Interrupted } from "./errors.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { EXPORT_TUNING, type ExportTuning } from "./tuning.ts";
import type { ExportJob, ExportResult } from "./types.ts";
import { isUnread, whyUnread } from "./unread.ts";
import { createTemporarySpace } from "./whole/temporary-space.ts";

/** What one run needs: where it writes, what is requested, and what earlier runs committed. */
export interface Session {
  readonly draft: Draft;
  readonly job: Omit<ExportJob, "directory">;
  readonly request: SnapshotRequest;
  /** By plugin; in a resumed export they hold what was committed. */
  readonly ledgers: ReadonlyMap<string, Ledger>;
}

/** @throws Interrupted @throws ExportStopped */
export async function runSession(session: Session): Promise<ExportResult> {
  const { draft, job } = session;
  const tuning: ExportTuning = { ...EXPORT_TUNING, ...job.tuning };
  using memory = watchMemory();
  const stopper = new AbortController();
  const stop = (error: Error): void => stopper.abort(error);
  const { groupMs, groupBytes } = tuning;
  const { writer, elsewhere } = await draft.open({ groupMs, groupBytes, onFailure: stop });
  const context: ExportContext = {
    draft,
    writer,
    budget: createMemoryBudget(tuning.heldBytes, memory.isPressed),
    tuning,
    temporary: createTemporarySpace(),
    parents: parentsIn(session.request),
    concurrency: job.concurrency,
    signal: AbortSignal.any([job.signal, stopper.signal]),
    stop,
    ...given({ elsewhere, onProgress: job.onProgress, onWait: job.onWait }),
  };
  try {
    const outcomes = await runBackends(session, context);
    // What a late attempt still sent would not be cleared away.
    await elsewhere?.[Symbol.asyncDispose]();
    stopper.signal.throwIfAborted();
    await writer.flush();
    stopper.signal.throwIfAborted();
    if (job.signal.aborted) throw new Interrupted(draft.name);
    refuseStuck(outcomes);
    return await finish(session, writer, outcomes);
  } catch (error) {
    await writer.close().catch(() => {});
    throw error instanceof Interrupted ? error : new ExportStopped(draft.name, error);
  }
}

const parentsIn = ({ plugins }: SnapshotRequest): ReadonlyMap<string, Parent> =>
  new Map(plugins.flatMap(({ name, parent }) => (parent ? [[name, parent] as const] : [])));

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
  { draft, request }: Session,
  writer: SnapshotWriter,
  outcomes: readonly BackendOutcome[],
): Promise<ExportResult> {
  const written = await writer.finish(expectedFiles(outcomes));
  const claims = buildManifest(request, outcomes, written, fromMs(Date.now()));
  if (!isUnread(claims)) return draft.finish(claims);
  // What an earlier run asked for may still be there once the servers answer.
  if (request.resumed > 0 && outcomes.length > 0) throw new Error(whyUnread(claims));
  await draft.discard();
  return { path: draft.name, manifest: formatManifest(claims).manifest, isNothing: true };
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

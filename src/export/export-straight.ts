/** Runs an export that goes straight into a place. What is committed there survives whatever happens to the process. */
import { concludeStraight, finishedStraight, type StraightSnapshot } from "../copies/straight/finish.ts";
import type { StraightOptions } from "../copies/straight/options.ts";
import { beginStraight, readPlan } from "../copies/straight/plan.ts";
import { recoverStraight } from "../copies/straight/resume.ts";
import { createState } from "../copies/straight/state.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import type { Draft } from "./draft.ts";
import { ExportStopped, Interrupted } from "./errors.ts";
import { rootCursor } from "./ledger/ledger.ts";
import { ledgersOf, newRequest } from "./requested.ts";
import { runSession, type Session } from "./session.ts";
import { type StraightDraftOptions, straightDraft } from "./straight-draft.ts";
import type { ExportJob, ExportResult } from "./types.ts";
import type { Workers } from "./workers/workers.ts";

/** What to export, and where it goes. */
export interface StraightJob extends Omit<ExportJob, "directory">, Pick<Draft, "earlier"> {
  readonly into: StraightOptions;
  /** Whether a snapshot may be called so here. */
  readonly isFree: (name: string) => boolean;
  /** Starts processes that run its steps. Absent: this one runs them all. @param name the snapshot's */
  readonly startWorkers?: (name: string) => Promise<Workers>;
}

/**
 * Exports into a new snapshot in a place. Nothing of it is written here but what is on its way, and its index, in the system's
 * temporary directory.
 * @returns the finished snapshot, as of a local export
 * @throws Interrupted @throws ExportStopped when the place refuses: what was committed is kept and can be resumed
 * @throws SnapshotError, PluginError when nothing could be begun
 */
export async function exportStraight(job: StraightJob): Promise<ExportResult> {
  const { into, earlier, isFree } = job;
  const now = fromMs(Date.now());
  const request = newRequest(job, now);
  const ledgers = ledgersOf(request);
  const first = [...ledgers].map(([plugin, ledger]) => ({ plugin, cursor: rootCursor(ledger.request) }));
  const begun = await beginStraight(into, { request, first }, { now, isFree });
  const state = createState(new Map());
  return await runWith(job, { into, begun, request, state, earlier }, ledgers);
}

/** @throws ExportStopped also when its workers do not start */
async function runWith(
  job: Omit<StraightJob, "isFree">,
  drafting: StraightDraftOptions,
  ledgers: Session["ledgers"],
): Promise<ExportResult> {
  const { into, begun, request } = drafting;
  const started = job.startWorkers?.(begun.name).catch((error) => {
    throw new ExportStopped(into.place.shown(begun.name), error);
  });
  await using workers = await started;
  using draft = straightDraft({ ...drafting, ...given({ workers }) });
  return await runSession({ draft, job, request, ledgers });
}

/** Continues an interrupted export as it began, whatever the job asks for. @param name the snapshot's @throws as {@link exportStraight} */
export async function resumeStraight(name: string, job: Omit<StraightJob, "isFree">): Promise<ExportResult> {
  const { into, earlier, failures } = job;
  const { request: asked, ...begun } = await readPlan(into, name);
  const finished = await finishedStraight({ ...into, ...begun });
  if (finished !== undefined) return resultOf(into, finished);
  const ledgers = ledgersOf(asked);
  const { state, manifest } = await recoverStraight({ ...into, ...begun }, ({ plugin, blocks, commit }) =>
    ledgers.get(plugin)?.replay(blocks, commit),
  );
  const request = { ...asked, resumed: state.run, failures: [...failures] };
  const drafting = { into, begun, request, state, earlier };
  if (manifest === undefined) return await runWith(job, drafting, ledgers);
  using draft = straightDraft(drafting);
  try {
    return resultOf(into, await concludeStraight(manifest, { ...into, ...begun, state }));
  } catch (error) {
    throw into.signal.aborted ? new Interrupted(draft.name) : new ExportStopped(draft.name, error);
  }
}

const resultOf = ({ place }: StraightOptions, copy: StraightSnapshot): ExportResult => ({
  path: place.shown(copy.copy.snapshot),
  manifest: copy.manifest,
  copy,
});

/** Saves what the stack holds to a snapshot. */
import { join, resolve } from "node:path";
import type { Ending } from "../audit/format/event.ts";
import { ownIdentity } from "../audit/journal/identity.ts";
import type { Config } from "../config/config.ts";
import { SIGNALS, type Signal } from "../contract/contract.ts";
import { exportSnapshot, resumeSnapshot } from "../export/export-snapshot.ts";
import { type ExportPlan, planExport, planResume, planRest as restOf } from "../export/plan.ts";
import type { ExportJob, ExportResult } from "../export/types.ts";
import { notBegun } from "../export/unread.ts";
import { flushAll } from "../host/flush.ts";
import type { OpenBackend } from "../host/open.ts";
import { type ExportEstimate, estimateExport, estimateText } from "../inventory/export-size.ts";
import { holdsOneOf } from "../inventory/survey.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { REQUEST_FILE } from "../snapshot/write/request.ts";
import { isThere } from "../storage/entries.ts";
import { freeBytes } from "../storage/free-space.ts";
import { formatBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { toMs } from "../units/range.ts";
import { VERSION } from "../version.ts";
import { copiedOf, type Exported } from "./copy-exported.ts";
import { EXCLUSIVE_OF_EXPORTS, type ExportValues, exportParams } from "./export-params.ts";
import { requireRange, spansOf } from "./export-range.ts";
import {
  continuable,
  type ExportTarget,
  exportTargetOf,
  keptFor,
  outputOf,
  storesOf,
  targetText,
  withWorkers,
} from "./export-target.ts";
import { askBackends, backendTarget } from "./inventory.ts";
import { checkMatches, readMatches, tryMatches } from "./matches.ts";
import {
  rememberStraight,
  runStraight,
  straightNamed,
  straightRest,
  straightTarget,
} from "./straight-export.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask, type TaskContext } from "./task/task.ts";

/** How much is expected. */
interface ExportOutlook {
  readonly size: ExportEstimate;
  /** By backend, where its size is known. */
  readonly sizes: ReadonlyMap<string, ExportEstimate>;
  readonly freeBytes: number | undefined;
}

/** What to read, and where to write it. */
export interface SnapshotPlan {
  /** The backends, whether they answer or not. */
  readonly names: readonly string[];
  readonly job: Omit<ExportJob, "signal" | "onProgress" | "directory">;
  /** The directory for snapshots, or the place that it goes straight into. */
  readonly to: ExportTarget;
  /** The directory of an interrupted export to continue; of one in a place, what it is called there. */
  readonly partial?: string;
  /** Absent for the rest of an interrupted export. */
  readonly outlook?: ExportOutlook;
}

export const exportStack = defineTask({
  kind: "export",
  about: "save what the stack holds to a snapshot that is complete or says what is missing",
  params: exportParams,
  exclusive: EXCLUSIVE_OF_EXPORTS,
  opens(params, config) {
    requireRange(params);
    return { only: params.plugin, ...storesOf(straightNamed(params, config)?.place, config) };
  },
  destructive: false,
  plan: (params, context): Promise<SnapshotPlan> => (params.resume ? planRest : planWhole)(params, context),
  targets: ({ names, job }) =>
    names.map((name) => backendTarget(name, job.backends.find(({ open }) => open.name === name)?.open)),
  details: ({ to }) => (typeof to === "string" ? {} : { place: to.place.name }),
  async run({ job, to, partial }, running): Promise<Done<Exported>> {
    const { follow, signal, onWait } = running;
    const exported = async (): Promise<ExportResult> => {
      // What could not be asked has no progress; the report says that it failed.
      using stretch = follow(job.backends.map(({ open }) => open.name));
      const work = { ...job, signal, onProgress: stretch.progress, ...given({ onWait }) };
      if (typeof to !== "string") return await runStraight(to, work, running);
      const local = { ...work, directory: to };
      return await (partial === undefined ? exportSnapshot(local) : resumeSnapshot(partial, local));
    };
    if (job.backends.length === 0 && partial === undefined)
      return doneWith({ manifest: notBegun({ ...job, signal }), copied: [] });
    const { path, isNothing, ...snapshot } = await exported();
    if (isNothing) return doneWith({ ...snapshot, copied: [] });
    if (typeof to !== "string") await rememberStraight(to, snapshot, running);
    const own = typeof to === "string" ? undefined : to.place.name;
    return doneWith({ ...snapshot, path, copied: await copiedOf({ path }, running, own) });
  },
});

const doneWith = (result: Exported): Done<Exported> => ({ result, ending: endingOf(result) });

const OUTCOMES = { complete: "success", partial: "partial", failed: "failed" } as const;

/** The snapshot is whole whatever becomes of its copies, but that was not all that was asked for. */
function endingOf({ path, manifest, copy, copied }: Exported): Ending {
  const problems = manifest.plugins.filter(({ status }) => status !== "complete").map(({ name }) => name);
  const failed = copied.filter(({ failure }) => failure !== undefined).map(({ place }) => place);
  const outcome = OUTCOMES[manifest.status];
  return {
    outcome: outcome === "success" && failed.length > 0 ? "partial" : outcome,
    ...given({ exportPath: path }),
    details: {
      bytes: manifest.bytes,
      ...(copy &&
        path !== undefined && { copies: [{ copy: path, sha256: copy.sha256, manifest: manifest.sha256 }] }),
      ...(problems.length === 0 ? {} : { not_complete: problems.join(" ") }),
      ...(failed.length === 0 ? {} : { not_copied: failed.join(" ") }),
    },
  };
}

/** How long each backend may take to say what it holds: a busy one answers late, and an export can wait. ms */
const SURVEY_MS = 300_000;

async function planWhole(params: ExportValues, context: TaskContext): Promise<SnapshotPlan> {
  if (params.partial !== undefined)
    throw new UsageError(
      `unexpected argument ${params.partial}`,
      "with --resume it names an interrupted export",
    );
  const { note, signal, failures } = context;
  const to = await exportTargetOf(params, context);
  const signals: ReadonlySet<Signal> = new Set(SIGNALS.filter((signal) => params[signal]));
  const names = context.backends.map(({ name }) => name);
  const matches = readMatches(params.match, names);
  const backends = context.backends.filter(({ plugin }) => holdsOneOf(plugin.signals, signals));
  requireSomething(signals, backends);
  await checkMatches(matches, context);
  if (context.isDry !== true) await flushAll(backends, context);
  const kept = await keptFor(to, params, context);
  const spanFor = await spansOf(params, {
    kept,
    names: [...names, ...Object.keys(context.config.backends)],
    note,
  });
  const findings = await askBackends(context, { backends, failures }, SURVEY_MS);
  const plan = planExport(findings, { signals, matches, spanFor: continuable(spanFor, to, note) });
  await tryMatches(plan, signal);
  if (plan.parts.length + plan.failures.length === 0) throw new UsageError("there is nothing to export");
  const outlook = await outlookOn(plan, to);
  if (context.isDry !== true && plan.parts.length > 0) tellOutlook(outlook, to, context);
  return {
    outlook,
    to,
    names: [...plan.parts.map(({ open }) => open.name), ...plan.failures.map(({ name }) => name)],
    job: {
      backends: plan.parts.map(({ finding, ...part }) => ({ ...part, inventory: finding.inventory })),
      failures: plan.failures,
      ...manner(context.config),
      ...given({ compression: params.compress, fileBytesMax: params["max-file-size"] }),
    },
  };
}

/** Plans the rest of the named interrupted export, or of the newest one. */
async function planRest(params: ExportValues, context: TaskContext): Promise<SnapshotPlan> {
  const named = straightNamed(params, context.config);
  if (named !== undefined) return planStraightRest(named, params, context);
  const directory = outputOf(params, context);
  const partial =
    params.partial === undefined
      ? (await listPartials(directory)).at(-1)
      : resolve(context.directory, params.partial);
  if (partial === undefined) throw new UsageError(`there is no interrupted export in ${directory}`);
  requireUnfinished(partial);
  const { names, ...rest } = await planResume(partial, context.backends);
  context.note(`resuming ${partial}`);
  return { names, job: { ...rest, ...manner(context.config) }, to: directory, partial };
}

/** The same of an export that went straight into a place. */
async function planStraightRest(
  { place, name: asked }: { readonly place: string; readonly name?: string },
  params: ExportValues,
  context: TaskContext,
): Promise<SnapshotPlan> {
  const target = withWorkers(await straightTarget(place, context), params);
  const { name, request } = await straightRest(target, asked === "" ? undefined : asked, context);
  const { names, ...rest } = restOf(request, context.backends);
  const partial = target.place.shown(name);
  context.note(`resuming ${partial}`);
  return { names, job: { ...rest, ...manner(context.config) }, to: { ...target, resumed: name }, partial };
}

/** @throws UsageError when an export left nothing there that could be finished */
function requireUnfinished(partial: string): void {
  if ([REQUEST_FILE, MANIFEST_FILE].some((name) => isThere(join(partial, name)))) return;
  throw new UsageError(
    isThere(partial)
      ? `${partial} cannot be resumed: ${REQUEST_FILE} is missing or unreadable`
      : `there is no interrupted export ${partial}`,
    "name the .partial directory that the interrupted export left, or start a new export",
  );
}

/** Who exports, and the configured export settings. */
const manner = ({ export: { concurrency, recount } }: Config) => ({
  concurrency,
  tuning: { recountMs: toMs(parseDuration(recount)) },
  tool: `contextcore ${VERSION}`,
  user: ownIdentity().user,
});

/** @throws UsageError when the flags exclude everything this stack holds */
function requireSomething(signals: ReadonlySet<Signal>, wanted: readonly OpenBackend[]): void {
  if (signals.size === SIGNALS.length || (signals.size > 0 && wanted.length > 0)) return;
  throw new UsageError("nothing is left to export", "drop one of the --no-… flags");
}

async function outlookOn({ parts }: ExportPlan, to: SnapshotPlan["to"]): Promise<ExportOutlook> {
  // An unreadable directory is reported when the snapshot is created in it.
  const { snapshots } = await readKept(typeof to === "string" ? to : to.kept).catch(() => ({
    snapshots: [],
  }));
  const sized = parts.map(({ finding, request }) => ({ finding, range: request.range }));
  const each = sized.map((part) => [part.finding.name, estimateExport([part], snapshots)] as const);
  return {
    size: estimateExport(sized, snapshots),
    sizes: new Map(each.filter(([, { known }]) => known)),
    freeBytes: typeof to === "string" ? freeBytes(to) : undefined,
  };
}

/** Reports the estimated size in advance, and warns when it may not fit. */
function tellOutlook(
  { size, freeBytes: free }: ExportOutlook,
  to: SnapshotPlan["to"],
  { directory, note, warn }: TaskContext,
): void {
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  note(`exporting to ${targetText(to, directory)}: ${estimateText(size)}${room}`);
  if (free !== undefined && size.high > free)
    warn("this may not fit on the disk; if it does not, nothing written is lost and --resume continues");
}

/** Saves what the stack holds to a snapshot. */
import { join, resolve } from "node:path";
import type { Ending } from "../audit/format/event.ts";
import { ownIdentity } from "../audit/journal/identity.ts";
import type { Config } from "../config/config.ts";
import { SIGNALS, type Signal } from "../contract/contract.ts";
import { exportSnapshot, resumeSnapshot } from "../export/export-snapshot.ts";
import { type ExportPlan, planExport, planResume } from "../export/plan.ts";
import type { ExportJob, ExportResult } from "../export/types.ts";
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
import { localStorage } from "../storage/local.ts";
import { formatBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { toMs } from "../units/range.ts";
import { shortPath } from "../units/short-path.ts";
import { VERSION } from "../version.ts";
import { UsageError } from "./errors.ts";
import { type ExportValues, exportParams } from "./export-params.ts";
import { spansOf } from "./export-range.ts";
import { holdingsOf } from "./holdings.ts";
import { askBackends, backendTarget } from "./inventory.ts";
import { checkMatches, readMatches, tryMatches } from "./matches.ts";
import { defineTask, type TaskContext } from "./task.ts";

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
  readonly job: Omit<ExportJob, "signal" | "onProgress">;
  /** The directory of an interrupted export to continue. */
  readonly partial?: string;
  /** Absent for the rest of an interrupted export. */
  readonly outlook?: ExportOutlook;
}

export const exportStack = defineTask({
  kind: "export",
  about: "save what the stack holds to a snapshot that is complete or says what is missing",
  params: exportParams,
  opens: ({ plugin }) => ({ only: plugin }),
  destructive: false,
  plan: (params, context): Promise<SnapshotPlan> => (params.resume ? planRest : planWhole)(params, context),
  targets: ({ names, job }) =>
    names.map((name) => backendTarget(name, job.backends.find(({ open }) => open.name === name)?.open)),
  async run({ names, job, partial }, { follow, signal }) {
    using stretch = follow(names);
    const work = { ...job, signal, onProgress: stretch.progress };
    const result = await (partial === undefined ? exportSnapshot(work) : resumeSnapshot(partial, work));
    return { result, ending: endingOf(result) };
  },
});

const OUTCOMES = { complete: "success", partial: "partial", failed: "failed" } as const;

function endingOf({ path, manifest }: ExportResult): Ending {
  const problems = manifest.plugins.filter(({ status }) => status !== "complete").map(({ name }) => name);
  return {
    outcome: OUTCOMES[manifest.status],
    exportPath: path,
    details: {
      bytes: manifest.bytes,
      ...(problems.length === 0 ? {} : { not_complete: problems.join(" ") }),
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
  const directory = outputOf(params, context);
  const signals: ReadonlySet<Signal> = new Set(SIGNALS.filter((signal) => params[signal]));
  const names = context.backends.map(({ name }) => name);
  const matches = readMatches(params.match, names);
  const backends = context.backends.filter(({ plugin }) => holdsOneOf(plugin.signals, signals));
  requireSomething(signals, backends);
  await checkMatches(matches, context);
  if (context.isDry !== true) await flushAll(backends, context);
  const kept = params.output === undefined ? await holdingsOf(context.config) : localStorage(directory);
  const spanFor = await spansOf(params, { kept, note });
  const findings = await askBackends(context, { backends, failures }, SURVEY_MS);
  const plan = planExport(findings, { signals, matches, spanFor });
  await tryMatches(plan, signal);
  if (plan.parts.length + plan.failures.length === 0) throw new UsageError("there is nothing to export");
  const outlook = await outlookOn(plan, directory);
  if (context.isDry !== true) tellOutlook(outlook, directory, context);
  return {
    outlook,
    names: [...plan.parts.map(({ open }) => open.name), ...plan.failures.map(({ name }) => name)],
    job: {
      backends: plan.parts.map(({ finding, ...part }) => ({ ...part, inventory: finding.inventory })),
      failures: plan.failures,
      directory,
      ...manner(context.config),
      ...given({ compression: params.compress, fileBytesMax: params["max-file-size"] }),
    },
  };
}

/** Plans the rest of the named interrupted export, or of the newest one. */
async function planRest(params: ExportValues, context: TaskContext): Promise<SnapshotPlan> {
  const directory = outputOf(params, context);
  const partial =
    params.partial === undefined
      ? (await listPartials(directory)).at(-1)
      : resolve(context.directory, params.partial);
  if (partial === undefined) throw new UsageError(`there is no interrupted export in ${directory}`);
  requireUnfinished(partial);
  const { names, ...rest } = await planResume(partial, context.backends);
  context.note(`resuming ${partial}`);
  return { names, job: { ...rest, directory, ...manner(context.config) }, partial };
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

/** Where snapshots are kept. */
const outputOf = ({ output }: ExportValues, { config, directory }: TaskContext): string =>
  output === undefined ? config.backups : resolve(directory, output);

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

async function outlookOn({ parts }: ExportPlan, output: string): Promise<ExportOutlook> {
  // An unreadable directory is reported when the snapshot is created in it.
  const { snapshots } = await readKept(output).catch(() => ({ snapshots: [] }));
  const sized = parts.map(({ finding, request }) => ({ finding, range: request.range }));
  const each = sized.map((part) => [part.finding.name, estimateExport([part], snapshots)] as const);
  return {
    size: estimateExport(sized, snapshots),
    sizes: new Map(each.filter(([, { known }]) => known)),
    freeBytes: freeBytes(output),
  };
}

/** Reports the estimated size in advance, and warns when it may not fit. */
function tellOutlook(
  { size, freeBytes: free }: ExportOutlook,
  output: string,
  { directory, note, warn }: TaskContext,
): void {
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  note(`exporting to ${shortPath(output, directory)}: ${estimateText(size)}${room}`);
  if (free !== undefined && size.high > free)
    warn("this may not fit on the disk; if it does not, nothing written is lost and --resume continues");
}

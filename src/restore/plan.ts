/** The plan of a restore, made before anything is written: show it, ask, then carry out this same value. */

import type { Counts, LineMatcher, RestoreDiagnostic, Restorer, Signal } from "../contract/contract.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { LOOK_TUNING } from "../engine/tuning.ts";
import { backendOf, type OpenBackend } from "../host/open.ts";
import { hasTenant } from "../host/opening.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { SIGNAL_TABLE } from "../snapshot/format/signals.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { type ChosenFiles, chooseFiles, chooseObjects } from "./chosen.ts";
import { type ComparedTarget, compareTarget, type ExistingPolicy } from "./compared.ts";
import { countHeld } from "./held.ts";
import type { LostBlock } from "./lost.ts";
import { type NotPlanned, notesOnUnchosen, whyNothing } from "./not-chosen.ts";
import { extentOf, wholeRangeOf } from "./planned-range.ts";
import { tolerantly } from "./preflight.ts";
import { findRelabelled, type Labelling, relabelText } from "./relabel.ts";
import { type FoundBlocks, findBlocks, isOfBytes, type PlannedFile, planFiles } from "./select.ts";

/** What was asked for, and the backends that can be written to. */
export interface RestoreOptions {
  /** One snapshot, or a chain that was opened as one. */
  readonly snapshot: OpenSnapshot;
  /** Which snapshots those are for each backend; default: the single one. */
  readonly chains?: readonly BackendChain[];
  /** What is known to be missing from it although it was requested. */
  readonly lacking?: readonly NotPlanned[];
  readonly backends: readonly OpenBackend[];
  /** Only these plugins; default all in the snapshot. */
  readonly plugins?: readonly string[];
  /** Only plugins that hold one of these signals. */
  readonly only?: readonly Signal[];
  readonly range?: Range;
  /** Selectors by plugin name, each in its backend's own language. */
  readonly match?: Readonly<Record<string, string>>;
  /** Labels to add to every stream and series. */
  readonly labels: Readonly<Record<string, string>>;
  /** What to do with objects that differ on the server. Default `keep`. */
  readonly existing?: ExistingPolicy;
  /** Whether `labels` may replace existing values. By default, a backend where they would is left out. */
  readonly relabel?: boolean;
  /** The tenant that the backends were opened with instead of their own; backends without tenants are left out. */
  readonly tenant?: string;
  readonly signal: AbortSignal;
  /** Called after each checked block with its stored size in bytes. */
  readonly onLook?: (bytes: number) => void;
}

/** What one backend gets: the data of the backend of the same name in the snapshot. */
export interface RestoreTarget extends ComparedTarget {
  readonly name: string;
  readonly open: OpenBackend;
  readonly saved: ManifestPlugin;
  /** Without the lost blocks. */
  readonly files: readonly PlannedFile[];
  /** What its lines name. */
  readonly contents: readonly Block[];
  /** Damaged blocks within the range, regardless of any selector. */
  readonly lost: readonly LostBlock[];
  readonly range: Range;
  /** Only with a selector; absent: everything. Decides what to write of each line. */
  readonly matcher?: LineMatcher;
  /** The selector itself, for files of bytes. */
  readonly match?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How many records the labels make identical with others: that many fewer are counted afterwards. */
  readonly alike?: Counts;
  readonly findings: readonly RestoreDiagnostic[];
  /** The counts of the files are the most that can be written: a selector, or the range's ends, leave out some of their records. */
  readonly isAtMost: boolean;
  /** What the server already counts in the saved windows; absent: it cannot say. */
  readonly held?: Counts;
}

/** All files of a target, added up. */
export function plannedCounts({ files }: RestoreTarget): Counts {
  const sum: Record<string, number> = {};
  for (const file of files) addCounts(sum, file.counts);
  return sum;
}

/** What a restore will write, to which servers, and what it leaves out. */
export interface PlannedRestore {
  readonly snapshot: OpenSnapshot;
  readonly chains: readonly BackendChain[];
  readonly targets: readonly RestoreTarget[];
  /** Requested plugins that cannot be written, and why. */
  readonly leftOut: readonly NotPlanned[];
  /** Plugins with no data in the snapshot, or none that the range chooses. */
  readonly notChosen: readonly NotPlanned[];
}

/**
 * Reads the index once, checks the checksums of the chosen blocks, and asks each server what it would refuse. Writes nothing.
 * @throws SnapshotError when the index is damaged
 */
export async function planRestore(options: RestoreOptions): Promise<PlannedRestore> {
  const { snapshot, signal } = options;
  const wanted = snapshot.manifest.plugins.filter((one) => isWanted(one, options));
  const names = wanted.map(({ name }) => name);
  const found = await findBlocks(snapshot, names, { ...options, range: options.range });
  const targets: RestoreTarget[] = [];
  const leftOut: NotPlanned[] = [
    ...(options.lacking ?? []),
    ...absent(options),
    ...absentSignals(wanted, options),
  ];
  const notChosen: NotPlanned[] = [];
  for (const saved of wanted) {
    try {
      const planned = await planTarget(saved, found(saved.name), options);
      if (typeof planned === "string") notChosen.push({ name: saved.name, reason: planned });
      else targets.push(planned);
    } catch (error) {
      if (signal.aborted) throw error;
      leftOut.push({ name: saved.name, reason: messageOf(error) });
    }
  }
  return { snapshot, chains: options.chains ?? [], targets, leftOut, notChosen };
}

function isWanted({ name, signals = [] }: ManifestPlugin, { plugins, only }: RestoreOptions): boolean {
  if (plugins !== undefined && !plugins.includes(name)) return false;
  return only === undefined || signals.some((signal) => only.includes(signal));
}

/** Plugins requested by name that the snapshot does not contain. */
function absent({ snapshot, plugins = [], lacking = [] }: RestoreOptions): NotPlanned[] {
  const known = new Set([...snapshot.manifest.plugins, ...lacking].map(({ name }) => name));
  return plugins
    .filter((name) => !known.has(name))
    .map((name) => ({ name, reason: "it is not in this snapshot" }));
}

/** Signals requested that none of these plugins has. */
const absentSignals = (
  wanted: readonly ManifestPlugin[],
  { only = [], plugins }: RestoreOptions,
): NotPlanned[] =>
  only
    .filter((signal) => !wanted.some(({ signals = [] }) => signals.includes(signal)))
    .map((name) => ({
      name,
      reason: `${plugins === undefined ? "this snapshot" : listed(plugins)} has none`,
    }));

/** @returns why nothing of it is chosen, if so @throws Error saying why this plugin's data cannot be restored */
async function planTarget(
  saved: ManifestPlugin,
  found: FoundBlocks,
  options: RestoreOptions,
): Promise<RestoreTarget | string> {
  const { open, restore } = restorerOf(saved, options);
  const held = await planFiles(found, restore, options.signal);
  const { lost } = found;
  if (held.length === 0 && lost.length === 0) return whyNothing(found);
  if (restore.applyBytes === undefined && held.some(isOfBytes))
    throw new Error("this backend cannot restore files of bytes");
  const { files, matcher } = await chosenOf(held, saved.name, restore, options);
  // More likely a mistake than what was meant.
  if (files.length === 0 && lost.length === 0) throw new Error("the selector finds nothing in it");
  const range = options.range ?? wholeRangeOf(saved, files);
  const labels = restore.heeds?.includes("labels") ? options.labels : {};
  const { relabelled, alike } = await relabelling(files, { ...options, labels, range, matcher });
  const plan = { range: extentOf(files) ?? range, files: files.map(toPlanFile), labels };
  // One bad moment of a server must not leave it out of a restore.
  const limit = createConcurrencyLimit({ concurrency: 1, tuning: LOOK_TUNING, signal: options.signal });
  const { call } = limit;
  const findings = [
    ...notesOnUnchosen(found, held.length - files.length),
    ...(labels === options.labels || !wantsLabels(options) ? [] : [UNLABELLED]),
    ...relabelled,
    ...(files.length === 0
      ? []
      : await tolerantly({
          ask: () => call((signal) => restore.preflight(plan, signal)),
          answers: () => call((signal) => open.backend.inventory(signal)),
          tenant: options.tenant,
        })),
  ];
  const ignored = findings.find(({ ignoresTenant }) => ignoresTenant === true);
  if (options.tenant !== undefined && ignored !== undefined) throw new Error(intoNothing(ignored));
  const { snapshot, existing: policy = "keep", signal } = options;
  const compared = await compareTarget(files, restore, { snapshot, policy, call, signal });
  const counted = await countHeld(open, saved, { range, limit, signal });
  return {
    name: saved.name,
    open,
    saved,
    files,
    contents: found.contents,
    lost,
    range,
    ...given({ matcher, match: options.match?.[saved.name] }),
    labels,
    alike,
    findings,
    ...given({ held: counted }),
    ...compared,
    isAtMost:
      (matcher !== undefined && restore.selection === undefined) ||
      files.some((file) => reachesOut(file, range)),
  };
}

/** What the labels do to those that are there. @throws Error when they would replace any, and that was not asked for */
async function relabelling(
  files: readonly PlannedFile[],
  options: Labelling & Pick<RestoreOptions, "relabel">,
): Promise<{ readonly relabelled: RestoreDiagnostic[]; readonly alike: Counts }> {
  const found = await findRelabelled(files, options);
  const texts = found.map(relabelText);
  if (found.length > 0 && !options.relabel)
    throw new Error(
      `${texts.join("; ")}. A label of another name keeps all of them apart; --relabel writes it all the same.`,
    );
  return {
    relabelled: texts.map((text) => ({ severity: "alters", message: `${text}.` })),
    alike: Object.fromEntries(found.map(({ unit, alike }) => [unit, alike])),
  };
}

const intoNothing = ({ message, setting }: RestoreDiagnostic): string =>
  `${message} With --into, nothing is written to it${setting === undefined ? "." : `; to enable tenants: ${setting}.`}`;

/** @throws Error saying why this plugin's data cannot be restored at all */
function restorerOf(saved: ManifestPlugin, options: RestoreOptions) {
  const { backends, tenant } = options;
  const open = backendOf(saved, backends);
  if (open === undefined) throw new Error("no such backend is configured, or it could not be opened");
  if (saved.plugin !== undefined && saved.plugin !== open.plugin.name)
    throw new Error(
      `it was saved by the plugin ${saved.plugin}, but ${open.name} belongs to the plugin ${open.plugin.name}`,
    );
  const { restore } = open.backend;
  if (restore === undefined) throw new Error("this backend cannot restore");
  if (tenant !== undefined && !(hasTenant(open.plugin) && restore.heeds?.includes("tenant")))
    throw new Error("it has no tenant to restore into");
  if (wantsLabels(options) && hasLabels(saved) && !restore.heeds?.includes("labels"))
    throw new Error("this backend cannot add labels");
  return { open, restore };
}

const wantsLabels = ({ labels }: RestoreOptions): boolean => Object.keys(labels).length > 0;

/** Whether it holds streams or series: all else has no labels to which one could be added. */
const hasLabels = ({ signals = [] }: ManifestPlugin): boolean =>
  signals.some((signal) => SIGNAL_TABLE[signal].lines !== undefined);

const UNLABELLED: RestoreDiagnostic = {
  severity: "note",
  message: "It holds no streams or series, so the labels are added to none of it.",
};

const reachesOut = ({ blocks }: PlannedFile, { from, to }: Range): boolean =>
  blocks.some(({ range }) => range !== undefined && (range.from < from || range.to > to));

/** @throws Error when the backend cannot choose by selector, or this selector makes no sense */
async function chosenOf(
  files: readonly PlannedFile[],
  name: string,
  { selection, matcher }: Restorer,
  { snapshot, match = {}, signal }: RestoreOptions,
): Promise<Pick<ChosenFiles, "files"> & Partial<ChosenFiles>> {
  const selector = match[name];
  if (selector === undefined) return { files };
  if (selection !== undefined) return chooseFiles(files, selection, { snapshot, match: selector, signal });
  if (matcher === undefined) throw new Error("this backend cannot restore by selector");
  return chooseObjects(files, matcher(selector), { snapshot, signal });
}

const toPlanFile = ({ file, counts, range }: PlannedFile) => ({
  path: file,
  counts,
  ...given({ range }),
});

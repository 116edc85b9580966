/** What a restore would do, worked out before anything is written: show it, ask, then carry out this very value. */
import type { Finding, LineMatcher, Restorer, Signal } from "../plugin/contract.ts";
import type { OpenBackend } from "../plugin/open.ts";
import { hasTenant } from "../plugin/opening.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { type Range, span } from "../units/range.ts";
import { type Choice, chooseFiles } from "./chosen.ts";
import { type PlannedFile, selectFiles } from "./select.ts";

export interface RestoreOptions {
  readonly snapshot: OpenSnapshot;
  readonly backends: readonly OpenBackend[];
  /** Only these plugins; default all in the snapshot. */
  readonly plugins?: readonly string[];
  /** Only plugins that hold one of these. */
  readonly only?: readonly Signal[];
  readonly range?: Range;
  /** Selectors by plugin name, each in its backend's own language. */
  readonly match?: Readonly<Record<string, string>>;
  /** Labels to add to every stream and series. */
  readonly labels: Readonly<Record<string, string>>;
  /** The tenant that the backends were opened with instead of their own: one that has none is left out. */
  readonly tenant?: string;
  readonly signal: AbortSignal;
}

export interface RestoreTarget {
  readonly name: string;
  readonly open: OpenBackend;
  readonly saved: ManifestPlugin;
  readonly files: readonly PlannedFile[];
  readonly range: Range;
  /** By selector; absent: everything. Says of each line what of it to write. */
  readonly matcher?: LineMatcher;
  readonly labels: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

export interface RestorePlan {
  readonly snapshot: OpenSnapshot;
  readonly targets: readonly RestoreTarget[];
  /** Plugins of the snapshot that cannot be written, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** Reads the index and asks each server what it would refuse. Writes nothing. */
export async function planRestore(options: RestoreOptions): Promise<RestorePlan> {
  const targets: RestoreTarget[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const saved of options.snapshot.manifest.plugins.filter((one) => isWanted(one, options))) {
    try {
      targets.push(await planTarget(saved, options));
    } catch (error) {
      if (options.signal.aborted) throw error;
      leftOut.push({ name: saved.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { snapshot: options.snapshot, targets: targets.filter(({ files }) => files.length > 0), leftOut };
}

function isWanted({ name, signals = [] }: ManifestPlugin, { plugins, only }: RestoreOptions): boolean {
  if (plugins !== undefined && !plugins.includes(name)) return false;
  return only === undefined || signals.some((signal) => only.includes(signal));
}

/** @throws Error saying why this plugin's data cannot be put back. */
async function planTarget(saved: ManifestPlugin, options: RestoreOptions): Promise<RestoreTarget> {
  const open = options.backends.find(({ name }) => name === saved.name);
  if (open === undefined) throw new Error("no such backend is configured, or it could not be opened");
  const { restore } = open.backend;
  if (restore === undefined) throw new Error("this backend cannot restore");
  if (options.tenant !== undefined && !hasTenant(open.plugin))
    throw new Error("it has no tenant to restore into");
  const found = await selectFiles(options.snapshot, saved.name, options.range, restore);
  const { files, matcher } = await chosenOf(found, saved.name, restore, options);
  const range = options.range ?? wholeRange(saved, files);
  const plan = { range: extent(files) ?? range, files: files.map(toPlanFile), labels: options.labels };
  const findings = await restore.preflight(plan, options.signal);
  const selected = matcher === undefined ? {} : { matcher };
  return { name: saved.name, open, saved, files, range, ...selected, labels: options.labels, findings };
}

/** @throws Error when the backend cannot choose by selector, or this one makes no sense */
async function chosenOf(
  files: readonly PlannedFile[],
  name: string,
  { selection, matcher }: Restorer,
  { snapshot, match = {}, signal }: RestoreOptions,
): Promise<Pick<Choice, "files"> & Partial<Choice>> {
  const selector = match[name];
  if (selector === undefined) return { files };
  if (selection !== undefined) return chooseFiles(files, selection, { snapshot, match: selector, signal });
  if (matcher === undefined) throw new Error("this backend cannot restore by selector");
  return { files, matcher: matcher(selector) };
}

const toPlanFile = ({ file, counts, range }: PlannedFile) => ({
  path: file,
  counts,
  ...(range === undefined ? {} : { range }),
});

/** The time that the data really spans; absent when there are only objects. */
function extent(files: readonly PlannedFile[]): Range | undefined {
  const [first, ...others] = files.flatMap((file) => (file.range === undefined ? [] : [file.range]));
  return first === undefined ? undefined : others.reduce(span, first);
}

/** What was asked for, widened by what is there: a trace that began before the range was saved whole. */
function wholeRange({ range }: ManifestPlugin, files: readonly PlannedFile[]): Range {
  const asked = range === undefined ? undefined : rangeFromText(range);
  const held = extent(files);
  if (asked === undefined || held === undefined) return asked ?? held ?? { from: 0n, to: 0n };
  return span(asked, held);
}

/**
 * How much a snapshot holds of a time range. The requested range proves nothing: a server that lost its data answers the same
 * request completely, with nothing. Pure.
 */
import type { Counts } from "../../contract/contract.ts";
import { fromRfc3339, type Range } from "../../units/range.ts";
import { addCounts } from "../format/counts.ts";
import { isStateFile } from "../format/formats.ts";
import type { ManifestFile, ManifestPlugin } from "../format/manifest.ts";
import { rangeFromText } from "../format/range-text.ts";
import { byFrom, subtract } from "../format/ranges.ts";

interface Amount extends Range {
  readonly counts: Counts;
}

/** A snapshot's part of a backend, and the part of the time line it covers. */
export interface Holding {
  readonly plugin: ManifestPlugin;
  readonly held: readonly Range[];
}

/** Whether its records have a time, rather than being the state at one moment. */
export const isTimed = (file: ManifestFile): boolean =>
  file.from !== undefined && file.to !== undefined && !isStateFile(file.of ?? file.path);

/** The units that its records with a time are counted in. */
export const timedUnits = ({ files }: ManifestPlugin): Set<string> =>
  new Set(files.filter(isTimed).flatMap(({ counts }) => Object.keys(counts)));

/** Whether it has any record at all. */
export const hasRecords = ({ files }: ManifestPlugin): boolean => files.some(({ records }) => records > 0);

/** Whether it has any record with a time. */
export const hasTimed = ({ files }: ManifestPlugin): boolean =>
  files.some((file) => isTimed(file) && file.records > 0);

/** Cached, because manifests never change and each is compared with many others. */
const known = new WeakMap<ManifestPlugin, readonly Amount[]>();

/** What was read of which time, by start: window by window, or file by file if an export names no windows. */
function amountsOf(plugin: ManifestPlugin): readonly Amount[] {
  const before = known.get(plugin);
  if (before !== undefined) return before;
  const amounts = [...(plugin.windows.length > 0 ? ofWindows(plugin) : ofFiles(plugin))].sort(byFrom);
  known.set(plugin, amounts);
  return amounts;
}

const ofWindows = ({ windows }: ManifestPlugin): Amount[] =>
  windows.map((window) => ({ ...rangeFromText(window), counts: window.read }));

const ofFiles = ({ files }: ManifestPlugin): Amount[] =>
  files.filter(isTimed).flatMap(({ from, to, counts }) => {
    if (from === undefined || to === undefined) return [];
    return [{ from: fromRfc3339(from), to: fromRfc3339(to), counts }];
  });

/**
 * The parts of a range in which it certainly has nothing: before its first and after its last record, and windows in which none
 * was read. Nothing is certain where records have no times.
 */
export function emptyTimes(plugin: ManifestPlugin, range: Range): Range[] {
  const records = plugin.files.filter((file) => file.records > 0 && !isStateFile(file.of ?? file.path));
  if (records.length === 0 || !records.every(isTimed)) return [];
  const extents = ofFiles({ ...plugin, files: records });
  const windows = plugin.windows.length > 0 ? amountsOf(plugin) : [];
  return [...subtract(range, extents), ...windows.filter(({ counts }) => isNothing(counts))];
}

const isNothing = (counts: Counts): boolean => Object.values(counts).every((count) => count === 0);

/** The times of which one snapshot read more records than the others hold there. */
export function heldThinner(own: ManifestPlugin, others: readonly Holding[]): Range[] {
  const units = [...timedUnits(own)];
  const within = others.map(amountWithin);
  return amountsOf(own).filter((one) => {
    const wanted = units.filter((unit) => (one.counts[unit] ?? 0) > 0);
    if (wanted.length === 0) return false;
    const found = others.map((other, at) => ({
      isWhole: isHeld(one, other),
      counts: within[at]?.(one) ?? {},
    }));
    const isEnough = (counts: readonly Counts[]): boolean =>
      wanted.every((unit) => sumOf(counts, unit) >= (one.counts[unit] ?? 0));
    // One of several that cover all of it must have as many; two halves may have them together.
    const [whole, parts] = [found.filter(({ isWhole }) => isWhole), found.filter(({ isWhole }) => !isWhole)];
    return !whole.some(({ counts }) => isEnough([counts])) && !isEnough(parts.map(({ counts }) => counts));
  });
}

const isHeld = (range: Range, { held }: Holding): boolean => subtract(range, held).length === 0;

const sumOf = (all: readonly Counts[], unit: string): number =>
  all.reduce((sum, counts) => sum + (counts[unit] ?? 0), 0);

/** What it holds in everything that touches a range. Ranges must be queried in order of their start. */
function amountWithin({ plugin }: Holding): (range: Range) => Counts {
  const amounts = amountsOf(plugin);
  let first = 0;
  return ({ from, to }) => {
    while ((amounts[first]?.to ?? from + 1n) <= from) first += 1;
    const total: Record<string, number> = {};
    for (let at = first; (amounts[at]?.from ?? to) < to; at += 1) {
      const one = amounts[at];
      if (one !== undefined && one.to > from) addCounts(total, one.counts);
    }
    return total;
  };
}

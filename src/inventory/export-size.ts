/**
 * Estimates the size of an export. Servers report their compressed size; readable JSON is several times larger, depending on
 * the data. So an estimate is a range, unless a kept snapshot provides a measurement.
 */
import type { Inventory } from "../contract/contract.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { type Estimate, haveState, SIGNAL_TABLE } from "../snapshot/format/signals.ts";
import { formatBytes } from "../units/bytes.ts";
import { NS_PER_SECOND, type Range } from "../units/range.ts";
import { listed } from "../units/words.ts";
import type { Reached } from "./survey.ts";

/** What will be exported of one backend. */
interface ExportPart {
  readonly finding: Reached;
  readonly range: Range;
}

/** The combined estimate, and the backends of unknown size. */
export interface ExportEstimate extends Estimate {
  /** Backends excluded from the sum because their size is unknown. */
  readonly unknown: readonly string[];
  /** Whether the sum is meaningful at all. */
  readonly known: boolean;
}

/** About how many bytes the export of these backends' parts will take, uncompressed. @param snapshots oldest first */
export function estimateExport(
  parts: readonly ExportPart[],
  snapshots: readonly KeptSnapshot[],
): ExportEstimate {
  const all = parts.map((part) => ({ part, estimate: estimateOf(part, snapshots) }));
  const estimates = all.flatMap(({ estimate }) => (estimate === undefined ? [] : [estimate]));
  const sum = (of: (one: Estimate) => number): number =>
    Math.round(estimates.reduce((total, one) => total + of(one), 0));
  return {
    likely: sum(({ likely }) => likely),
    low: sum(({ low }) => low),
    high: sum(({ high }) => high),
    unknown: all.flatMap(({ part, estimate }) => (estimate === undefined ? [part.finding.name] : [])),
    known: estimates.length > 0,
  };
}

/**
 * `about 1.6 MB (1.0 MB to 3.1 MB)`, and who is not included; `of unknown size` when nobody is. @param left further ones that
 * are not included
 */
export function estimateText(
  { likely, low, high, unknown, known }: ExportEstimate,
  left: readonly string[] = [],
): string {
  if (!known) return "of unknown size";
  const missing = [...unknown, ...left];
  const without = missing.length === 0 ? "" : `, and ${listed(missing)}, whose size is unknown`;
  return `about ${formatBytes(likely)} (${formatBytes(low)} to ${formatBytes(high)})${without}`;
}

/** A snapshot's measurement, otherwise the server's report. */
function estimateOf(part: ExportPart, snapshots: readonly KeptSnapshot[]): Estimate | undefined {
  return measured(part, snapshots) ?? supposed(part.finding, shareOf(part));
}

/** @param share of all that the server has */
function supposed({ size, inventory }: Reached, share: number): Estimate | undefined {
  if (size === undefined) return undefined;
  const bytes = size.bytes * share;
  const factors = inventory.signals.map((signal) => SIGNAL_TABLE[signal].expansion[size.source]);
  const largest = (of: (one: Estimate) => number): number => bytes * Math.max(0, ...factors.map(of));
  return {
    likely: largest(({ likely }) => likely),
    low: largest(({ low }) => low),
    high: largest(({ high }) => high),
  };
}

/** A range's share of everything; objects without a time are always exported whole. */
function shareOf({ finding, range }: ExportPart): number {
  const data = timeOf(finding.inventory);
  if (haveState(finding.inventory.signals) || data === undefined || data.to <= data.from) return 1;
  return Number(lengthWithin(range, data)) / Number(data.to - data.from);
}

/** The range with nearly all the data: anything older than the retention has expired, or soon will. */
function timeOf({ oldest, newest, retention }: Inventory): Range | undefined {
  if (oldest === undefined || newest === undefined) return undefined;
  const kept = typeof retention === "bigint" ? newest - retention : oldest;
  return { from: oldest > kept ? oldest : kept, to: newest };
}

function lengthWithin(range: Range, data: Range): bigint {
  const from = range.from > data.from ? range.from : data.from;
  const to = range.to < data.to ? range.to : data.to;
  return to > from ? to - from : 0n;
}

/** A shorter snapshot says little about a longer time. ns */
const TELLING = 600n * NS_PER_SECOND;

/** From the newest snapshot that holds this backend whole and uncompressed. */
function measured({ finding, range }: ExportPart, snapshots: readonly KeptSnapshot[]): Estimate | undefined {
  const { signals } = finding.inventory;
  const data = timeOf(finding.inventory);
  for (const { manifest } of snapshots.toReversed()) {
    const saved = manifest.plugins.find(({ name }) => name === finding.name);
    if (saved?.status !== "complete" || saved.match !== undefined || saved.range === undefined) continue;
    if (saved.files.some(({ path }) => path.endsWith(".zst"))) continue;
    const bytes = saved.files.reduce((sum, file) => sum + file.bytes, 0);
    if (haveState(signals)) return around(bytes, 1);
    const length = (whole: Range): bigint =>
      data === undefined ? whole.to - whole.from : lengthWithin(whole, data);
    const then = length(rangeFromText(saved.range));
    if (then < TELLING || bytes === 0) continue;
    const times = Number(length(range)) / Number(then);
    return atMost(around(bytes * times, times), Math.max(bytes, mostOf(finding)));
  }
  return undefined;
}

/** One day's measurement extrapolated over mostly empty years would exceed what is possible. */
const mostOf = (finding: Reached): number => supposed(finding, 1)?.high ?? Number.POSITIVE_INFINITY;

const atMost = ({ likely, low, high }: Estimate, bytes: number): Estimate => ({
  likely: Math.min(likely, bytes),
  low: Math.min(low, bytes),
  high: Math.min(high, bytes),
});

/** The further from the measurement, the less certain. */
const around = (likely: number, times: number): Estimate =>
  times > 3
    ? { likely, low: likely / 2, high: likely * 2 }
    : { likely, low: likely * 0.8, high: likely * 1.3 };

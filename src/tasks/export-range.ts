/** Which part of each backend's time line an export reads. */
import type { PlanOptions } from "../export/plan.ts";
import { sinceLast } from "../export/since-last.ts";
import { wholeRange, withinData } from "../inventory/whole-range.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import type { Storage } from "../storage/storage.ts";
import { nowAt } from "../units/clock-skew.ts";
import { formatDuration } from "../units/duration.ts";
import { fromMs, type Range, toRfc3339 } from "../units/range.ts";
import type { ExportValues } from "./export-params.ts";
import { UsageError } from "./task/errors.ts";

interface SpanOptions {
  /** Where snapshots are kept. */
  readonly kept: Storage;
  /** Of all backends. */
  readonly names: readonly string[];
  readonly note: (message: string) => void;
}

/**
 * Decides what to read from each backend, and reports it. A range that ends now ends now by the server's clock.
 * @throws UsageError when the range is empty, backwards or in the future
 */
export async function spansOf(
  given: ExportValues,
  { kept, names, note }: SpanOptions,
): Promise<PlanOptions["spanFor"]> {
  const now = fromMs(Date.now());
  if (given.all) return (finding) => ({ range: wholeRange(finding, nowAt(finding.open, now)), parent: null });
  if (given["since-last"]) {
    const { snapshots } = await readKept(kept);
    return (finding) => {
      const { why, ...span } = sinceLast(finding, {
        snapshots,
        names,
        now: given.to ?? nowAt(finding.open, now),
      });
      note(`${finding.name}: ${why}`);
      return span;
    };
  }
  note(rangeText(exportRange(given, now)));
  return (finding) => ({ range: withinData(exportRange(given, nowAt(finding.open, now)), finding) });
}

/** @throws UsageError when the range is empty, backwards or in the future, before any server is asked */
export function requireRange(given: ExportValues): void {
  if (!given.all && !given["since-last"]) exportRange(given, fromMs(Date.now()));
}

const DEFAULT_TIME = 86_400_000_000_000n;

/** The requested range: the last 24 hours by default, and never beyond now. @param now ns */
function exportRange({ time, from, to }: Pick<ExportValues, "time" | "from" | "to">, now: bigint): Range {
  if (time === 0n) throw new UsageError("--time 0 exports nothing", "for example -t 24h");
  const end = to === undefined || to > now ? now : to;
  const start = from ?? end - (time ?? DEFAULT_TIME);
  if (start < 0n) throw new UsageError(`--time reaches back to before 1970: ${formatDuration(end - start)}`);
  if (start >= now) {
    throw new UsageError(`--from ${toRfc3339(start)} is in the future`, `it is ${toRfc3339(now)} now`);
  }
  if (start >= end) {
    const asked = toRfc3339(to ?? end);
    throw new UsageError(`--from ${toRfc3339(start)} is not before --to ${asked}`);
  }
  return { from: start, to: end };
}

/** `24h: 2026-01-23T14:30:00Z to 2026-01-24T14:30:00Z`. */
const rangeText = ({ from, to }: Range): string =>
  `${formatDuration(to - from)}: ${toRfc3339(from).slice(0, 19)}Z to ${toRfc3339(to).slice(0, 19)}Z`;

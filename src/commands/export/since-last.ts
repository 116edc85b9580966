import type { Reached } from "../../inventory/survey.ts";
import { wholeRange } from "../../inventory/whole-range.ts";
import { subtract } from "../../snapshot/format/ranges.ts";
import { coveredRanges } from "../../snapshot/kept/coverage.ts";
import type { KeptSnapshot } from "../../snapshot/kept/kept.ts";
import type { Range } from "../../units/range.ts";

/** Servers accept data about this much older than the newest (Loki: half of `max_chunk_age`, 1 h), so it is read again. ns */
const OVERLAP = 3_600_000_000_000n;

/**
 * From the first moment that no kept snapshot holds, after the oldest that one does, less the overlap; everything when none
 * is kept. A snapshot that was restricted by a selector does not count.
 * @param snapshots oldest first
 * @param now ns
 */
export function rangeSinceLast(finding: Reached, snapshots: readonly KeptSnapshot[], now: bigint): Range {
  const covered = coveredRanges(snapshots, finding.name);
  const [oldest] = covered;
  if (oldest === undefined) return wholeRange(finding, now);
  const [gap] = subtract({ from: oldest.from, to: now }, covered);
  return { from: (gap?.from ?? now) - OVERLAP, to: now };
}

import type { Reached } from "../../inventory/survey.ts";
import { wholeRange } from "../../inventory/whole-range.ts";
import type { KeptSnapshot } from "../../snapshot/kept.ts";
import { rangeFromText } from "../../snapshot/range-text.ts";
import { fromRfc3339, type Range } from "../../units/range.ts";

/** Servers accept data about this much older than the newest (Loki: half of `max_chunk_age`, 1 h), so it is read again. ns */
const OVERLAP = 3_600_000_000_000n;

/**
 * From where the newest complete export of this backend ended, less the overlap; everything when there is none. A snapshot
 * that was restricted by a selector does not count.
 * @param snapshots oldest first
 * @param now ns
 */
export function rangeSinceLast(finding: Reached, snapshots: readonly KeptSnapshot[], now: bigint): Range {
  const ended = snapshots.flatMap(({ manifest }) =>
    manifest.plugins
      .filter(
        ({ name, status, match }) => name === finding.name && status === "complete" && match === undefined,
      )
      .flatMap(({ range, exportedUntil }) => {
        if (exportedUntil !== undefined) return [fromRfc3339(exportedUntil)];
        return range === undefined ? [] : [rangeFromText(range).to];
      }),
  );
  const newest = ended.reduce((a, b) => (a > b ? a : b), 0n);
  return newest === 0n ? wholeRange(finding, now) : { from: newest - OVERLAP, to: now };
}

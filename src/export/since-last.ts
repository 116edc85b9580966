import type { Reached } from "../inventory/survey.ts";
import { wholeRange } from "../inventory/whole-range.ts";
import { isComplete, type Link, linksOf, nameOf } from "../snapshot/catalog/chain.ts";
import { coveredRanges, hasTimeline } from "../snapshot/catalog/coverage.ts";
import { formerName } from "../snapshot/catalog/former-name.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { isSamePlugin, isSameSource } from "../snapshot/catalog/source.ts";
import type { Parent } from "../snapshot/format/manifest.ts";
import { subtract } from "../snapshot/format/ranges.ts";
import { formatDuration } from "../units/duration.ts";
import { type Range, toRfc3339 } from "../units/range.ts";

/** Servers accept data this much older than the newest (Loki: half of `max_chunk_age`, 1 h), so this much is read again. ns */
const OVERLAP = 3_600_000_000_000n;

/** What `--since-last` means for one backend. */
interface SinceLast {
  readonly range: Range;
  /** The snapshot to continue; `null`: none, everything is exported. */
  readonly parent: Parent | null;
  /** Since when, and why, as a phrase. */
  readonly why: string;
}

/** What is kept, and when. */
interface Kept {
  /** Oldest first. */
  readonly snapshots: readonly KeptSnapshot[];
  /** ns */
  readonly now: bigint;
  /** The names of all backends. */
  readonly names: readonly string[];
}

/**
 * From the first moment that no kept snapshot of this server covers, after the oldest that one does, minus the overlap;
 * everything if none is kept, or there is no time line. A snapshot restricted by a selector does not count.
 */
export function sinceLast(finding: Reached, { snapshots, now, names }: Kept): SinceLast {
  const covered = coveredRanges(snapshots, finding.open);
  const [oldest] = covered;
  const isTimeless = !hasTimeline(finding.inventory);
  if (isTimeless && finding.open.backend.export.continues !== undefined)
    return sinceNewest(finding, { snapshots, now, names });
  if (oldest === undefined || isTimeless) {
    const range = wholeRange(finding, now);
    const why = isTimeless ? "it has no time line" : whyNothing(finding, { snapshots, names });
    return { range, parent: null, why: `everything, since ${why}` };
  }
  const [gap] = subtract({ from: oldest.from, to: now }, covered);
  const until = gap?.from ?? now;
  const parent = holderOf(finding, snapshots, until);
  const from = until - OVERLAP;
  return {
    range: { from, to: now },
    parent: parent === undefined ? null : parentOf(parent),
    why: `since ${toRfc3339(from)}: ${whyUntil(parent, gap, now)}, minus ${formatDuration(OVERLAP)} for late data`,
  };
}

/** For a source that compares everything with what the newest complete snapshot of it holds. */
function sinceNewest(finding: Reached, { snapshots, now, names }: Kept): SinceLast {
  const range = wholeRange(finding, now);
  const newest = linksOf(snapshots, finding.open.name).findLast(
    (link) => isComplete(link) && isSameSource(link.plugin, finding.open),
  );
  if (newest === undefined)
    return { range, parent: null, why: `everything, since ${whyNothing(finding, { snapshots, names })}` };
  return { range, parent: parentOf(newest), why: `what has changed since ${nameOf(newest.snapshot)}` };
}

const parentOf = ({ snapshot }: Link): Parent => ({
  snapshot: nameOf(snapshot),
  sha256: snapshot.manifest.sha256,
});

/** The newest snapshot that covers the time right before. */
const holderOf = ({ open }: Reached, snapshots: readonly KeptSnapshot[], until: bigint): Link | undefined =>
  linksOf(snapshots, open.name).findLast(
    ({ plugin, held }) =>
      isSameSource(plugin, open) && held.some(({ from, to }) => from < until && to >= until),
  );

function whyUntil(parent: Link | undefined, gap: Range | undefined, now: bigint): string {
  const holder = parent === undefined ? "what is kept" : nameOf(parent.snapshot);
  if (gap === undefined) return `${holder} holds it up to now`;
  const until = `${holder} holds it up to ${toRfc3339(gap.from)}`;
  return gap.to === now
    ? until
    : `${until}, and no snapshot holds the time from there to ${toRfc3339(gap.to)}`;
}

/** Why no kept snapshot counts. */
function whyNothing({ open }: Reached, { snapshots, names }: Omit<Kept, "now">): string {
  const kept = linksOf(snapshots, open.name).map(({ plugin }) => plugin);
  if (kept.length === 0) {
    const former = formerName(snapshots, open, names);
    const as = former === undefined ? "" : `; the same server is kept as ${former}: was it renamed?`;
    return `no snapshot of it is kept${as}`;
  }
  const own = kept.filter((plugin) => isSameSource(plugin, open));
  if (own.length > 0) return "no kept snapshot of it is complete and without a selector";
  const newest = kept.at(-1);
  if (newest?.plugin !== undefined && !isSamePlugin(newest, open))
    return `the kept snapshots of it are of the plugin ${newest.plugin}`;
  const { url, tenant = "" } = newest ?? {};
  const as = tenant === "" ? "" : `, tenant ${tenant}`;
  return `the kept snapshots of it are of another server, ${url ?? "unknown"}${as}`;
}

/** Which part of a backend's time line the kept snapshots cover. */
import type { Signal } from "../../contract/contract.ts";
import { fromRfc3339, type Range, span } from "../../units/range.ts";
import type { Manifest, ManifestPlugin } from "../format/manifest.ts";
import { isLoss } from "../format/problem-kind.ts";
import { rangeFromText } from "../format/range-text.ts";
import { coalesce, subtract } from "../format/ranges.ts";
import { haveTimeline } from "../format/signals.ts";
import { emptyTimes, type Holding, hasRecords, heldThinner } from "./amounts.ts";
import type { KeptSnapshot } from "./kept.ts";
import { isKnownAs } from "./lineage.ts";

/** What a manifest says of a backend, as far as its time line is concerned. */
interface Covering
  extends Pick<ManifestPlugin, "name" | "status" | "match" | "range" | "exportedUntil" | "signals"> {
  readonly problems: readonly Pick<ManifestPlugin["problems"][number], "kind" | "ranges">[];
}

interface Told {
  readonly manifest: { readonly plugins: readonly Covering[] };
}

import { isSameSource, type Source } from "./source.ts";

/**
 * What the snapshots cover of one backend's time line: merged, in order. A snapshot restricted by a selector, or one that lost
 * part of a range, does not cover it.
 * @param source the backend, or its name alone for any server
 */
export function coveredRanges(snapshots: readonly Told[], source: Source | string): Range[] {
  const isIt = (one: Covering): boolean =>
    typeof source === "string" ? one.name === source : isSameSource(one, source);
  const ranges = snapshots.flatMap(({ manifest }) => manifest.plugins.filter(isIt).flatMap(rangesOf));
  return coalesce(ranges);
}

/** What kept snapshots hold of all backends that have a time line. */
export interface Coverage {
  /** From the first to the last moment that an export covered, or lost, of any backend; absent: none is covered. */
  readonly whole?: Range;
  readonly backends: readonly BackendCoverage[];
}

/** What kept snapshots hold of one backend's time line. `gaps`: what they lack between its first moment and the end of the whole. */
export interface BackendCoverage {
  readonly backend: string;
  readonly covered: readonly Range[];
  readonly gaps: readonly Range[];
}

/** Backends with a time line; time before a backend's first saved moment is not a gap. */
export function coverageOf(snapshots: readonly Told[]): Coverage {
  const timed = new Set(
    snapshots.flatMap(({ manifest }) => manifest.plugins.filter(hasTimeline).map(({ name }) => name)),
  );
  const backends = backendsIn(snapshots)
    .filter((backend) => timed.has(backend))
    .map((backend) => ({ backend, covered: coveredRanges(snapshots, backend) }));
  const [first, ...others] = backends.flatMap(({ covered }) => covered);
  if (first === undefined) return { backends: backends.map((one) => ({ ...one, gaps: [] })) };
  // Data lost at the end of an export is a gap too, even if nothing is covered after it.
  const whole = [...others, ...attemptsAfter(first.from, snapshots)].reduce(span, first);
  return { whole, backends: backends.map((one) => ({ ...one, gaps: gapsIn(one.covered, whole) })) };
}

function gapsIn(covered: readonly Range[], { to }: Range): Range[] {
  const [first] = covered;
  return first === undefined ? [] : subtract({ from: first.from, to }, covered);
}

/** What was read or should have been, of everything with a time line. */
const attemptsAfter = (from: bigint, snapshots: readonly Told[]): Range[] =>
  snapshots
    .flatMap(({ manifest }) => manifest.plugins.filter(hasTimeline).flatMap(attemptOf))
    .filter((one) => one.from >= from);

function readAttempt({ match, range, exportedUntil }: Covering): Range[] {
  if (match !== undefined || range === undefined) return [];
  const asked = rangeFromText(range);
  const until = exportedUntil === undefined ? asked.to : fromRfc3339(exportedUntil);
  return [{ from: asked.from, to: until < asked.to ? until : asked.to }];
}

/** Whoever keeps a thousand manifests asks again whenever there is one more. */
const known = new WeakMap<Covering, { readonly held: Range[]; readonly attempt: Range[] }>();

function knownOf(plugin: Covering): { readonly held: Range[]; readonly attempt: Range[] } {
  const found = known.get(plugin) ?? { held: readRanges(plugin), attempt: readAttempt(plugin) };
  known.set(plugin, found);
  return found;
}

/** What one export covers of a time line; nothing if a selector restricted it. */
export const rangesOf = (plugin: Covering): readonly Range[] => knownOf(plugin).held;

/** The range of an export without a selector, as far as its data had settled. */
const attemptOf = (plugin: Covering): readonly Range[] => knownOf(plugin).attempt;

function readRanges(plugin: Covering): Range[] {
  const [whole] = readAttempt(plugin);
  if (plugin.status === "failed" || whole === undefined) return [];
  const losses = plugin.problems.filter(isLoss);
  if (losses.some(({ ranges }) => ranges.length === 0)) return [];
  return subtract(
    whole,
    losses.flatMap(({ ranges }) => ranges.map(rangeFromText)),
  );
}

/** The backends with data in any of the snapshots. */
export const backendsIn = (snapshots: readonly Told[]): string[] => [
  ...new Set(snapshots.flatMap(({ manifest }) => manifest.plugins.map(({ name }) => name))),
];

/** Dashboards have no time line: a newer export of them replaces an older one. */
export const hasTimeline = ({ signals = [] }: { readonly signals?: readonly Signal[] }): boolean =>
  signals.length === 0 || haveTimeline(signals);

/**
 * What only this snapshot holds: for each backend, the parts of its time line that no other covers, or of which the others hold
 * fewer records. A backend without a time line is listed without parts when no other snapshot holds it whole, or when one
 * continues it.
 */
export function heldOnlyBy(
  snapshot: KeptSnapshot,
  others: readonly KeptSnapshot[],
): { readonly backend: string; readonly ranges: readonly Range[] }[] {
  return snapshot.manifest.plugins.flatMap((plugin) => {
    const { name: backend } = plugin;
    const own = coveredRanges([snapshot], plugin);
    const elsewhere = holdingsOf(others, plugin);
    const isEmptied = hasRecords(plugin) && !elsewhere.some((other) => hasRecords(other.plugin));
    if (!hasTimeline(plugin)) {
      const isContinued = others.some(({ manifest }) => continues(manifest, snapshot, backend));
      const isAlone = own.length > 0 && (elsewhere.length === 0 || isEmptied);
      return isAlone || isContinued ? [{ backend, ranges: [] }] : [];
    }
    const covered = elsewhere.flatMap(({ held }) => held);
    const held = subtractAll(covered, heldThinner(plugin, elsewhere));
    // A whole export begins where the server's retention ended that day, so only an older export covers the time before that,
    // mostly without any record in it.
    const ranges = own.flatMap((range) => subtract(range, [...held, ...emptyTimes(plugin, range)]));
    return ranges.length === 0 ? [] : [{ backend, ranges }];
  });
}

const continues = ({ plugins }: Manifest, { manifest }: KeptSnapshot, backend: string): boolean =>
  plugins.some(({ name, parent }) => name === backend && isKnownAs(manifest, parent?.sha256));

/** The snapshots' parts with data of a source's time line. */
const holdingsOf = (snapshots: readonly KeptSnapshot[], source: Source): Holding[] =>
  snapshots.flatMap(({ manifest }) =>
    manifest.plugins
      .filter((one) => isSameSource(one, source))
      .map((plugin) => ({ plugin, held: rangesOf(plugin) }))
      .filter(({ held }) => held.length > 0),
  );

const subtractAll = (ranges: readonly Range[], holes: readonly Range[]): Range[] =>
  coalesce(ranges).flatMap((range) => subtract(range, holes));

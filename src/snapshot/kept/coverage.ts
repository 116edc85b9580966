/** Which part of a backend's time line the kept snapshots hold. */
import { fromRfc3339, type Range } from "../../units/range.ts";
import type { ManifestPlugin } from "../format/manifest.ts";
import { rangeFromText } from "../format/range-text.ts";
import { coalesce, subtract } from "../format/ranges.ts";
import type { KeptSnapshot } from "./kept.ts";

/**
 * What the snapshots hold of one backend's time line: merged, in order. A snapshot that was restricted by a selector, or
 * that has lost part of a range, does not cover it.
 */
export function coveredRanges(snapshots: readonly KeptSnapshot[], backend: string): Range[] {
  const ranges = snapshots.flatMap(({ manifest }) =>
    manifest.plugins.filter(({ name }) => name === backend).flatMap(rangesOf),
  );
  return coalesce(ranges);
}

function rangesOf(plugin: ManifestPlugin): Range[] {
  if (plugin.status === "failed" || plugin.match !== undefined || plugin.range === undefined) return [];
  const asked = rangeFromText(plugin.range);
  const until = plugin.exportedUntil === undefined ? asked.to : fromRfc3339(plugin.exportedUntil);
  const whole = { from: asked.from, to: until < asked.to ? until : asked.to };
  const losses = plugin.problems.filter(({ kind }) => LOSING.has(kind));
  if (losses.some(({ ranges }) => ranges.length === 0)) return [];
  return subtract(
    whole,
    losses.flatMap(({ ranges }) => ranges.map(rangeFromText)),
  );
}

const LOSING: ReadonlySet<string> = new Set(["incomplete", "clamped", "failed"]);

/** The backends that any of the snapshots has data of. */
export const backendsIn = (snapshots: readonly KeptSnapshot[]): string[] => [
  ...new Set(snapshots.flatMap(({ manifest }) => manifest.plugins.map(({ name }) => name))),
];

/** Dashboards have no time line: a newer export of them replaces an older one. */
export const hasTimeline = ({ signals = [] }: Pick<ManifestPlugin, "signals">): boolean =>
  signals.length === 0 || signals.some((signal) => signal !== "dashboards");

/**
 * What only this snapshot holds: for each backend the parts of its time line that none of the others holds.
 * A backend without a time line is named, with no parts, when no other snapshot holds it whole.
 */
export function heldOnlyBy(
  snapshot: KeptSnapshot,
  others: readonly KeptSnapshot[],
): { readonly backend: string; readonly ranges: readonly Range[] }[] {
  return snapshot.manifest.plugins.flatMap((plugin) => {
    const { name: backend } = plugin;
    const own = coveredRanges([snapshot], backend);
    const elsewhere = coveredRanges(others, backend);
    const ranges = own.flatMap((range) => subtract(range, elsewhere));
    if (hasTimeline(plugin)) return ranges.length === 0 ? [] : [{ backend, ranges }];
    return own.length > 0 && elsewhere.length === 0 ? [{ backend, ranges: [] }] : [];
  });
}

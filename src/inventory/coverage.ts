/** Which part of a backend's time line the kept snapshots hold. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, type ManifestPlugin, parseManifest } from "../snapshot/manifest.ts";
import { rangeFromText } from "../snapshot/range-text.ts";
import { fromRfc3339, type Range } from "../units/range.ts";

export interface KeptSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
}

export interface Kept {
  /** Oldest first. */
  readonly snapshots: readonly KeptSnapshot[];
  /** Directories that look like snapshots and whose manifest cannot be believed, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

const NAME = /^\d{8}-\d{6}(-\d+)?$/;

/** The finished snapshots in a directory; none when it is not there. */
export async function readKept(directory: string): Promise<Kept> {
  const names = await readdir(directory).catch((): string[] => []);
  const snapshots: KeptSnapshot[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  for (const name of names.filter((entry) => NAME.test(entry)).sort()) {
    const path = join(directory, name);
    try {
      const file = join(path, "manifest.json");
      snapshots.push({ path, manifest: parseManifest(await Bun.file(file).text(), file) });
    } catch (error) {
      unreadable.push({ path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { snapshots, unreadable };
}

/**
 * What the snapshots hold of one backend's time line: merged, in order. A snapshot that was restricted by a selector, or
 * that has lost part of a range, does not cover it.
 */
export function coveredRanges(snapshots: readonly KeptSnapshot[], backend: string): Range[] {
  const ranges = snapshots.flatMap(({ manifest }) =>
    manifest.plugins.filter(({ name }) => name === backend).flatMap(rangesOf),
  );
  return merge(ranges);
}

function rangesOf(plugin: ManifestPlugin): Range[] {
  if (plugin.status === "failed" || plugin.match !== undefined || plugin.range === undefined) return [];
  const asked = rangeFromText(plugin.range);
  const until = plugin.exportedUntil === undefined ? asked.to : fromRfc3339(plugin.exportedUntil);
  const whole = { from: asked.from, to: until < asked.to ? until : asked.to };
  const losses = plugin.problems.filter(({ kind }) => LOSING.has(kind));
  if (losses.some(({ ranges }) => ranges.length === 0)) return [];
  return subtract(whole, merge(losses.flatMap(({ ranges }) => ranges.map(rangeFromText))));
}

const LOSING: ReadonlySet<string> = new Set(["incomplete", "clamped", "failed"]);

/** The parts of `whole` that none of the ranges holds. The ranges are in order and do not overlap. */
export function subtract(whole: Range, ranges: readonly Range[]): Range[] {
  const rest: Range[] = [];
  let { from } = whole;
  for (const range of ranges) {
    if (range.to <= from || range.from >= whole.to) continue;
    if (range.from > from) rest.push({ from, to: range.from });
    from = range.to;
  }
  return from < whole.to ? [...rest, { from, to: whole.to }] : rest;
}

/** In order, and those that touch or overlap made one. */
export function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to };
  }
  return merged;
}

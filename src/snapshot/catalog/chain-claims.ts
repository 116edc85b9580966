/** Combines the manifests of a chain's snapshots into one. */

import type { Counts } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { type Range, span } from "../../units/range.ts";
import { addCounts } from "../format/counts.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest, ManifestFile, ManifestPlugin, ManifestWindow } from "../format/manifest.ts";
import { snapshotName } from "../format/name.ts";
import { rangeFromText, rangeToText } from "../format/range-text.ts";
import { subtract } from "../format/ranges.ts";
import type { OpenSnapshot } from "../read/reader.ts";
import { timedUnits } from "./amounts.ts";
import type { BackendChain, Link } from "./chain.ts";
import { hasTimeline } from "./coverage.ts";
import { createdAt, type KeptSnapshot } from "./kept.ts";

/** All snapshots that contribute anything, oldest first. */
export function snapshotsOf(chains: readonly BackendChain[]): KeptSnapshot[] {
  const all = chains.flatMap(({ links, state }) => [...links, state].map(({ snapshot }) => snapshot));
  const byPath = new Map(all.map((one) => [one.path, one]));
  return [...byPath.values()].sort((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1));
}

/** The newest snapshot's path, with the combined claims of all. @throws SnapshotError when there is none */
export function claimsOfChain(chains: readonly BackendChain[]): Pick<OpenSnapshot, "path" | "manifest"> {
  const snapshots = snapshotsOf(chains);
  const newest = snapshots.at(-1);
  if (newest === undefined) throw new SnapshotError("a chain without snapshots holds nothing");
  const plugins = chains.map(claimsOfBackend);
  const manifest: Manifest = {
    ...newest.manifest,
    range: rangeToText(spanOf(snapshots.map((one) => rangeFromText(one.manifest.range)))),
    bytes: snapshots.reduce((sum, one) => sum + one.manifest.bytes, 0),
    status: plugins.every(({ status }) => status === "complete") ? "complete" : "partial",
    plugins,
    sha256: hashOf(snapshots),
  };
  return { path: newest.path, manifest };
}

/** Identifies exactly these snapshots: an interrupted restore continues only with the same ones. */
function hashOf(snapshots: readonly KeptSnapshot[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const { manifest } of snapshots) hasher.update(`${manifest.sha256}\n`);
  return hasher.digest("hex");
}

/** The claims of the snapshot with the state; times, counts, windows and files come from all. */
export function claimsOfBackend(chain: BackendChain): ManifestPlugin {
  const { state, links } = chain;
  const all = links.includes(state) ? links : [...links, state];
  const counts: Record<string, number> = {};
  for (const { plugin } of all) addCounts(counts, plugin.counts);
  const ranges = links.flatMap(({ plugin }) =>
    plugin.range === undefined ? [] : [rangeFromText(plugin.range)],
  );
  return {
    ...state.plugin,
    ...(ranges.length === 0 ? {} : { range: rangeToText(spanOf(ranges)) }),
    counts,
    windows: windowsOf(chain),
    problems: links.flatMap(({ plugin }) => plugin.problems),
    files: all.flatMap((link) => link.plugin.files.map((file) => placed(link, file))),
  };
}

const placed = ({ snapshot }: Link, file: ManifestFile): ManifestFile => ({
  ...file,
  path: `${snapshotName(snapshot.path)}/${file.path}`,
  of: file.of ?? file.path,
});

/**
 * An older snapshot's problems count only if no newer one has read their whole time again, and only for data with a time:
 * deleted rules and dashboards are not missing.
 */
function windowsOf({ links, state }: BackendChain): ManifestWindow[] {
  let held: Range[] = [];
  const windows: ManifestWindow[] = [];
  for (const link of links.toReversed()) {
    const open = link.plugin.windows.filter((one) => subtract(rangeFromText(one), held).length > 0);
    windows.unshift(
      ...(link.snapshot === state.snapshot ? open : open.flatMap((one) => onlyTimed(one, link))),
    );
    held = [...held, ...link.held];
  }
  return windows;
}

function onlyTimed(window: ManifestWindow, { plugin }: Link): ManifestWindow[] {
  if (!hasTimeline(plugin)) return [];
  const units = timedUnits(plugin);
  const only = (counts: Counts) =>
    Object.fromEntries(Object.entries(counts).filter(([unit]) => units.has(unit)));
  const { read, server, ...rest } = window;
  return [{ ...rest, read: only(read), ...given({ server: server && only(server) }) }];
}

const spanOf = (ranges: readonly Range[]): Range => {
  const [first = { from: 0n, to: 0n }, ...others] = ranges;
  return others.reduce(span, first);
};

/** What a chain lacks, and what to do. */
export const chainGapLines = ({ missing }: BackendChain): string[] =>
  missing.map(
    ({ name, reason }) =>
      `what only ${name} held: ${reason}. Another copy of it may be kept elsewhere: put it back beside the others.`,
  );

/**
 * Which snapshots together hold a backend: a full one and the increments after it. Pure.
 *
 * A chain belongs to one backend, at one server, as one tenant. Backends fail, are chosen and are restricted individually, so a
 * snapshot may continue one snapshot for Loki and another for Tempo, and be useless for Mimir.
 */

import { NS_PER_SECOND, type Range } from "../../units/range.ts";
import type { ManifestPlugin } from "../format/manifest.ts";
import { snapshotName } from "../format/name.ts";
import { coalesce, subtract } from "../format/ranges.ts";
import { hasTimeline, rangesOf } from "./coverage.ts";
import type { KeptSnapshot, KeptSnapshots } from "./kept.ts";
import { isKnownAs, isLetGo } from "./lineage.ts";
import { isSameSource, type Source } from "./source.ts";

/** One snapshot's part of a chain. */
export interface Link {
  readonly snapshot: KeptSnapshot;
  /** What its manifest says of the backend. */
  readonly plugin: ManifestPlugin;
  /** What it covers of the time line, in order: see {@link rangesOf}. */
  readonly held: readonly Range[];
}

/** A snapshot that a chain needs but that is missing or not credible. */
interface MissingLink {
  readonly name: string;
  readonly reason: string;
}

/** The snapshots that together hold one backend: what a restore of it reads. */
export interface BackendChain {
  readonly backend: string;
  /** Data with a time comes from all of these, oldest first. */
  readonly links: readonly Link[];
  /** Data without a time (rules, dashboards) comes from this one alone: anything deleted before it must not come back. */
  readonly state: Link;
  readonly missing: readonly MissingLink[];
  /** Parts of the time line, between its first and last moment, that no link covers. */
  readonly gaps: readonly Range[];
}

/** The snapshot's name. */
export const nameOf = ({ path }: Pick<KeptSnapshot, "path">): string => snapshotName(path);

/** Every snapshot's part of a backend, oldest first. */
export const linksOf = (snapshots: readonly KeptSnapshot[], backend: string): Link[] =>
  snapshots.flatMap((snapshot) =>
    snapshot.manifest.plugins
      .filter(({ name }) => name === backend)
      .map((plugin) => ({ snapshot, plugin, held: rangesOf(plugin) })),
  );

/** Whether it holds everything requested of the backend. */
export const isComplete = ({ plugin }: Link): boolean =>
  plugin.status === "complete" && plugin.match === undefined;

/**
 * The newest snapshot that holds the backend complete, with everything it continues; `undefined` when there is none. An old day
 * exported again is the newest snapshot but not the end of the time line, so the one that reaches furthest is continued, too.
 * @param preferred sources that come before others, however old
 */
export function newestChain(
  kept: KeptSnapshots,
  backend: string,
  preferred: readonly Source[] = [],
): BackendChain | undefined {
  const links = linksOf(kept.snapshots, backend).filter(isComplete);
  const isPreferred = ({ plugin }: Link) => preferred.some((source) => isSameSource(plugin, source));
  const state = links.findLast(isPreferred) ?? links.at(-1);
  if (state === undefined) return undefined;
  const whole = links.filter((link) => isSameSource(link.plugin, state.plugin));
  const head = whole.reduce((best, one) => (endOf(one) >= endOf(best) ? one : best), state);
  const chain = continued(head, kept);
  const others = chain.links.filter(({ snapshot }) => snapshot.path !== state.snapshot.path);
  return { ...chain, links: inOrder([...others, state], kept.snapshots, state), state };
}

/** A snapshot's part of a backend, with everything it continues. */
export function continued(head: Link, kept: KeptSnapshots): BackendChain {
  const { name: backend } = head.plugin;
  if (head.plugin.match !== undefined) return alone(head);
  const others = linksOf(kept.snapshots, backend).filter(
    (one) => one.snapshot.path !== head.snapshot.path && canFollow(one, head),
  );
  const { links, missing } = walkBack(head, others, kept);
  const all = inOrder([...links, ...fillers(links, others)], kept.snapshots, head);
  const gaps = hasTimeline(head.plugin) ? gapsOf(all) : [];
  return { backend, links: all, state: head, missing, gaps };
}

/** This snapshot alone. */
export const alone = (link: Link): BackendChain => ({
  backend: link.plugin.name,
  links: [link],
  state: link,
  missing: [],
  gaps: hasTimeline(link.plugin) ? gapsOf([link]) : [],
});

/**
 * All of these together, whatever they continue; `undefined` when they hold nothing. @param all of one backend, oldest first
 */
export function chainOf(all: readonly Link[]): BackendChain | undefined {
  const links = all.filter(({ plugin }) => plugin.files.length > 0);
  const state = links.findLast(isComplete) ?? links.at(-1);
  if (state === undefined) return undefined;
  return {
    backend: state.plugin.name,
    links,
    state,
    missing: [],
    gaps: hasTimeline(state.plugin) ? gapsOf(links) : [],
  };
}

/** A gap this short is explained by clocks, a slow start and settling data. */
const GAP_EXPLAINED = 300n * NS_PER_SECOND;

/** A chain's gaps that are longer than the normal distance between consecutive exports. */
export const longGaps = ({ gaps }: BackendChain): Range[] =>
  gaps.filter(({ from, to }) => to - from > GAP_EXPLAINED);

/** The parts, between the links' first and last moment, that no link covers. */
function gapsOf(links: readonly Link[]): Range[] {
  const held = coalesce(links.flatMap((link) => link.held));
  const [first, last] = [held[0], held.at(-1)];
  return first === undefined || last === undefined ? [] : subtract({ from: first.from, to: last.to }, held);
}

const canFollow = (one: Link, head: Link): boolean =>
  isSameSource(one.plugin, head.plugin) && one.held.length > 0;

/** ns; 0 when it covers no time. */
const startOf = ({ held }: Link): bigint => held[0]?.from ?? 0n;
const endOf = ({ held }: Link): bigint => held.at(-1)?.to ?? 0n;

const DAY = 86_400n * NS_PER_SECOND;

/**
 * Whether it continues nothing. Snapshots from before parents existed do not say; a range as long as the server's retention
 * plus a day is what an export of everything reads.
 */
function isWhole(link: Link): boolean {
  const { parent, retentionSeconds } = link.plugin;
  if (parent !== undefined) return parent === null;
  if (typeof retentionSeconds !== "number" || retentionSeconds <= 0) return false;
  const kept = BigInt(Math.floor(retentionSeconds)) * NS_PER_SECOND;
  return endOf(link) - startOf(link) >= kept + DAY;
}

/**
 * From newest to oldest: the snapshot that each says it continues, otherwise the newest that its range joins, otherwise the one
 * reaching furthest. Nightly exports with `-t 24h` leave small gaps of settling data, and form a chain all the same: the gaps
 * are reported.
 */
function walkBack(head: Link, others: readonly Link[], kept: KeptSnapshots) {
  const links = [head];
  const missing: MissingLink[] = [];
  for (let at = head; !isWhole(at); ) {
    const from = startOf(at);
    const unused = others.filter((one) => !links.includes(one));
    const before = unused.filter((one) => startOf(one) < from);
    const next = parentOf(at, unused) ?? before.findLast((one) => joins(one, from));
    const older = next ?? latestOf(before);
    // Without a time line there are no gaps, and the newest is complete, unless it says that it continues another one.
    const canLack = hasTimeline(at.plugin) || at.plugin.parent !== undefined;
    if (next === undefined && canLack) missing.push(...lostBetween(at, older, kept));
    if (older === undefined) break;
    links.push(older);
    at = older;
  }
  return { links, missing };
}

const parentOf = ({ plugin: { parent } }: Link, among: readonly Link[]): Link | undefined =>
  among.find(({ snapshot }) => isKnownAs(snapshot.manifest, parent?.sha256));

/** Whether it covers the time right before. */
const joins = ({ held }: Link, from: bigint): boolean =>
  held.some((range) => range.from < from && range.to >= from);

const latestOf = (links: readonly Link[]): Link | undefined =>
  links.reduce<Link | undefined>(
    (best, one) => (best === undefined || endOf(one) >= endOf(best) ? one : best),
    undefined,
  );

/**
 * What is missing between a link and the next older one: the parent that it names, or an unreadable snapshot. What was taken out of
 * the parent on purpose is not missing.
 */
function lostBetween(
  at: Link,
  older: Link | undefined,
  { snapshots, unreadable }: KeptSnapshots,
): MissingLink[] {
  const { parent } = at.plugin;
  const [newest, oldest] = [nameOf(at.snapshot), older === undefined ? "" : nameOf(older.snapshot)];
  const broken = unreadable
    .map(({ path, reason }) => ({ name: snapshotName(path), reason }))
    .filter(({ name }) => name === parent?.snapshot || (name < newest && name > oldest));
  if (broken.length > 0 || parent === undefined || parent === null) return broken;
  if (snapshots.some(({ manifest }) => isLetGo(manifest, parent.sha256, at.plugin.name))) return [];
  return [{ name: parent.snapshot, reason: `${newest} continues it, and it is not kept` }];
}

/** Further snapshots, newest first, each with something that the chain lacks. */
function fillers(links: readonly Link[], others: readonly Link[]): Link[] {
  const chosen: Link[] = [];
  let gaps = gapsOf(links);
  for (const one of others.toReversed()) {
    if (links.includes(one) || !gaps.some((gap) => isTouched(gap, one))) continue;
    chosen.push(one);
    gaps = gapsOf([...links, ...chosen]);
  }
  return chosen;
}

const isTouched = ({ from, to }: Range, { held }: Link): boolean =>
  held.some((range) => range.from < to && range.to > from);

/** By age, like the snapshots. One kept elsewhere counts as newest. */
function inOrder(links: readonly Link[], snapshots: readonly KeptSnapshot[], head: Link): Link[] {
  const sorted = snapshots.flatMap(({ path }) => links.filter(({ snapshot }) => snapshot.path === path));
  return sorted.includes(head) ? sorted : [...sorted, head];
}

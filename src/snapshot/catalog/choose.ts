/** Which kept snapshots a command means, backend by backend. Pure. */
import { formatDuration } from "../../units/duration.ts";
import type { Range } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import type { ManifestFile, ManifestPlugin } from "../format/manifest.ts";
import { isLoss } from "../format/problem-kind.ts";
import { rangeFromText } from "../format/range-text.ts";
import { totalLength } from "../format/ranges.ts";
import { hasRecords, hasTimed, heldThinner, isTimed } from "./amounts.ts";
import {
  alone,
  type BackendChain,
  chainOf,
  continued,
  isComplete,
  type Link,
  linksOf,
  longGaps,
  nameOf,
  newestChain,
} from "./chain.ts";
import { snapshotsOf } from "./chain-claims.ts";
import { backendsIn, hasTimeline } from "./coverage.ts";
import type { KeptSnapshot, KeptSnapshots, Unreadable } from "./kept.ts";
import { isSameSource, type Source } from "./source.ts";

/** Something by its name, and why. */
export interface Reasoned {
  readonly name: string;
  readonly reason: string;
}

/** The snapshots that a command means, and everything that a person has to know before believing that they are all. */
export interface Chosen {
  readonly chains: readonly BackendChain[];
  /** Requested backends that no kept snapshot holds complete, or whose chosen data has losses. */
  readonly lacking: readonly Reasoned[];
  /** Newer snapshots that were not used. */
  readonly passedOver: readonly Reasoned[];
  /** Snapshots that should have been used but are not credible. */
  readonly broken: readonly Reasoned[];
  /** Backends whose newer, partial snapshot has rules, dashboards and so on that are not used. */
  readonly notTaken: readonly Reasoned[];
  /** Snapshots that a named one continues and that are not used with it. */
  readonly continues: readonly string[];
  /** Kept snapshots that contribute nothing. */
  readonly others: readonly string[];
}

/** Whether nothing requested is missing. @param damaged snapshots that cannot be read to their end */
export const lacksNothing = (
  { chains, lacking, broken }: Chosen,
  damaged: readonly Reasoned[] = [],
): boolean =>
  lacking.length + broken.length + damaged.length === 0 &&
  chains.every(({ missing }) => missing.length === 0);

/** Whether a backend is requested, according to a manifest. */
export type IsWanted = (plugin: ManifestPlugin) => boolean;

/**
 * `latest`: for each backend the newest snapshot that holds it complete, with everything it continues.
 * @param sources preferred over other servers and tenants
 * @param parts of a backend that none holds complete, the newest that holds a part
 */
export function chooseNewest(
  kept: KeptSnapshots,
  isWanted: IsWanted,
  sources: readonly Source[] = [],
  parts = false,
): Chosen {
  const chains: BackendChain[] = [];
  const lacking: Reasoned[] = [];
  const passedOver: Reasoned[] = [];
  for (const backend of backendsIn(kept.snapshots)) {
    const links = linksOf(kept.snapshots, backend);
    if (!links.some(({ plugin }) => isWanted(plugin))) continue;
    const whole = newestChain(kept, backend, sources) ?? newestRestricted(links);
    const chain = whole ?? (parts ? newestPart(kept, links) : undefined);
    if (whole === undefined) lacking.push({ name: backend, reason: whyLacking(links, chain) });
    if (chain !== undefined) chains.push(chain);
    if (chain !== undefined) lacking.push(...interrupted(chain), ...emptiedIn(chain, links));
    passedOver.push(...newerThan(chain, links).map(whyPassedOver));
  }
  const broken = kept.unreadable.filter((one) => chains.some((chain) => isNewer(one, chain))).map(whyBroken);
  return { chains, lacking, passedOver, broken, notTaken: [], continues: [], others: othersOf(kept, chains) };
}

/** Everything that is kept, or the part of it from a time range. */
export function chooseAll(kept: KeptSnapshots, isWanted: IsWanted, range?: Range): Chosen {
  const chains = backendsIn(kept.snapshots).flatMap((backend) => {
    const links = linksOf(kept.snapshots, backend);
    const near = links.filter((link) => range === undefined || reaches(link, range));
    return links.some(({ plugin }) => isWanted(plugin)) ? (chainOf(near) ?? []) : [];
  });
  const broken = kept.unreadable.map(whyBroken);
  const notTaken = range === undefined ? chains.flatMap(newerObjects) : [];
  const none = { lacking: [], passedOver: [], continues: [] };
  return { ...none, chains, broken, notTaken, others: othersOf(kept, chains) };
}

/** One snapshot. @param withChain for each backend also what it continues */
export function chooseOne(snapshot: KeptSnapshot, kept: KeptSnapshots, withChain: boolean): Chosen {
  const chains = backendsIn([snapshot])
    .flatMap((name) => linksOf([snapshot], name))
    .map((link) => (withChain && link.held.length > 0 ? continued(link, kept) : alone(link)));
  const parents = snapshot.manifest.plugins.flatMap(({ parent }) => parent?.snapshot ?? []);
  const continues = withChain ? [] : [...new Set(parents)];
  const lacking = withChain ? chains.flatMap(interrupted) : [];
  const none = { passedOver: [], broken: [], notTaken: [] };
  return { ...none, chains, lacking, continues, others: othersOf(kept, chains) };
}

/** Reports times that nothing covers when no known snapshot did either. */
function interrupted(chain: BackendChain): Reasoned[] {
  const long = longGaps(chain);
  if (long.length === 0 || chain.missing.length > 0) return [];
  const lost = formatDuration(totalLength(long));
  return [
    {
      name: chain.backend,
      reason: `${lost} between its first and its last moment is in none of these snapshots`,
    },
  ];
}

/** Reports that data without a time comes from the last complete snapshot although a newer one has some. */
function newerObjects({ backend, links, state }: BackendChain): Reasoned[] {
  const taken = new Set(objectsOf(state).map(identityOf));
  const newer = links.slice(links.indexOf(state) + 1);
  return newer.flatMap((link) => {
    const other = objectsOf(link).filter((file) => !taken.has(identityOf(file)));
    if (other.length === 0) return [];
    const [name, from] = [nameOf(link.snapshot), nameOf(state.snapshot)];
    const reason = `${counted(other.length, "file")} of ${name} without a time, such as rules and dashboards, are left out: it is ${link.plugin.status}, and they are taken from ${from}; name ${name} to have them`;
    return [{ name: backend, reason }];
  });
}

const objectsOf = ({ plugin }: Link): ManifestFile[] =>
  plugin.files.filter((file) => file.records > 0 && !isTimed(file));
const identityOf = ({ path, of, sha256 }: ManifestFile): string => `${of ?? path}\n${sha256}`;

/** A part restricted by a selector is better than nothing. */
function newestRestricted(links: readonly Link[]): BackendChain | undefined {
  const newest = links.findLast(({ plugin }) => plugin.status === "complete");
  return newest === undefined ? undefined : alone(newest);
}

/** Better a part of it than nothing. */
function newestPart(kept: KeptSnapshots, links: readonly Link[]): BackendChain | undefined {
  const newest = links.findLast(({ plugin }) => plugin.status !== "failed");
  return newest && continued(newest, kept);
}

function whyLacking(links: readonly Link[], part: BackendChain | undefined): string {
  if (part !== undefined)
    return `no kept snapshot holds it complete; ${nameOf(part.state.snapshot)} holds a part, which is taken`;
  const newest = links.findLast(({ plugin }) => plugin.status !== "failed");
  return newest === undefined
    ? "no kept snapshot holds any of it"
    : `no kept snapshot holds it complete; ${nameOf(newest.snapshot)} holds a part: name it`;
}

/**
 * Reports that a snapshot in the chain found nothing where an older one outside the chain has data: its server may have lost
 * its data before it was saved.
 */
function emptiedIn({ backend, links, state }: BackendChain, all: readonly Link[]): Reasoned[] {
  const empty = links.find((link) => isComplete(link) && isEmpty(link));
  const older = all
    .slice(
      0,
      all.findIndex(({ snapshot }) => snapshot.path === empty?.snapshot.path),
    )
    .filter((one) => isSameSource(one.plugin, state.plugin) && !isAmong(links, one));
  const full = older.findLast((one) => empty !== undefined && hasLost(one, empty, links));
  if (empty === undefined || full === undefined) return [];
  const [now, before] = [nameOf(empty.snapshot), nameOf(full.snapshot)];
  const reason = `${now} found nothing where ${before} has data, as if the server had lost it; name ${before} to have that`;
  return [{ name: backend, reason }];
}

/** Rules do not make up for lines. */
const isEmpty = ({ plugin }: Link): boolean =>
  hasTimeline(plugin) ? !hasTimed(plugin) : !hasRecords(plugin);

/** Whether an older snapshot has what an empty one should have and no link has. */
function hasLost(older: Link, empty: Link, links: readonly Link[]): boolean {
  if (!hasTimeline(older.plugin))
    return hasRecords(older.plugin) && !links.some((one) => hasRecords(one.plugin));
  return heldThinner(older.plugin, links).some(({ from, to }) =>
    empty.held.some((range) => range.from < to && range.to > from),
  );
}

const isAmong = (links: readonly Link[], { snapshot }: Link): boolean =>
  links.some((one) => one.snapshot.path === snapshot.path);

/** Newer data that is not part of the choice. */
function newerThan(chain: BackendChain | undefined, links: readonly Link[]): Link[] {
  const at = links.findIndex(({ snapshot }) => snapshot.path === chain?.state.snapshot.path);
  const taken = new Set(chain?.links.map(({ snapshot }) => snapshot.path));
  return links.slice(at + 1).filter((one) => chain !== undefined && !taken.has(one.snapshot.path));
}

function whyPassedOver(link: Link): Reasoned {
  const { name, status, match, problems } = link.plugin;
  const snapshot = nameOf(link.snapshot);
  if (isComplete(link)) return { name: snapshot, reason: `${name} in it is of another server or tenant` };
  if (match !== undefined) return { name: snapshot, reason: `${name} in it is restricted to ${match}` };
  const loss = problems.find(isLoss)?.reason;
  return { name: snapshot, reason: `${name} in it is ${status}${loss === undefined ? "" : `: ${loss}`}` };
}

const whyBroken = ({ path, reason }: Unreadable): Reasoned => ({ name: nameOf({ path }), reason });

/**
 * Whether it was begun after everything in a chain, and so may hold what should be the chain's end. Here only the name can
 * tell; the other snapshots may have been renamed, but their manifests tell.
 */
function isNewer({ path }: Unreadable, chain: BackendChain): boolean {
  const newest = snapshotsOf([chain]).at(-1);
  if (newest === undefined) return false;
  const [name, begun] = [nameOf({ path }), newest.manifest.created.slice(0, 19).replaceAll(/[-:]/g, "")];
  const second = begun.replace("T", "-");
  return name.startsWith(second) ? isLater(name, nameOf(newest)) : name > second;
}

/** For two snapshots of one second. */
const isLater = (name: string, other: string): boolean => name.length - other.length > 0 || name > other;

const othersOf = ({ snapshots }: KeptSnapshots, chains: readonly BackendChain[]): string[] => {
  const taken = new Set(snapshotsOf(chains).map(({ path }) => path));
  return snapshots.filter(({ path }) => !taken.has(path)).map(nameOf);
};

/** Whether any of its data is from that time; objects have none, and are excluded when a time is requested. */
const reaches = ({ plugin }: Link, { from, to }: Range): boolean =>
  plugin.files.some((file) => {
    if (file.from === undefined || file.to === undefined) return false;
    const held = rangeFromText({ from: file.from, to: file.to });
    return held.from < to && held.to > from;
  });

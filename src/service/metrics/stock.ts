/**
 * What is held of each backend and in each place, from the manifests and from what is known of copies. Pure. What does not depend
 * on the time is made once.
 */
import type { Config } from "../../config/config.ts";
import type { KnownCopy } from "../../copies/record/known-copies.ts";
import { coverageOf } from "../../snapshot/catalog/coverage.ts";
import { createdAt } from "../../snapshot/catalog/kept.ts";
import { hashesOf } from "../../snapshot/catalog/lineage.ts";
import { type ClassTimes, retentionClass, timeOf } from "../../snapshot/catalog/retention.ts";
import { totalLength } from "../../snapshot/format/ranges.ts";
import type { HeldSnapshots } from "../../tasks/snapshots/held.ts";
import type { HeldSnapshot, SlimPlugin } from "../../tasks/snapshots/slim.ts";
import { given } from "../../units/given.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND, type Range } from "../../units/range.ts";

/** What is held. Times are ns since the epoch. */
export interface Stock {
  readonly snapshots: number;
  /** What looks like a snapshot and cannot be read as one. */
  readonly damaged: number;
  readonly backends: ReadonlyMap<string, BackendStock>;
  readonly places: readonly PlaceStock[];
  /** When the oldest snapshot with data of a class was begun. */
  readonly oldest: ReadonlyMap<string, bigint>;
}

/** Of one backend. */
export interface BackendStock {
  /** When the newest export that is complete, and was not restricted, ended. */
  readonly completed?: bigint;
  /** Of the newest export that saved anything. */
  readonly seconds?: number;
  readonly records?: number;
  readonly bytes?: number;
  /** Its bytes, with those of what it continues. */
  readonly restoredBytes?: number;
  /** Of its time line; what is newer than the newest snapshot is none yet. */
  readonly gaps: readonly Range[];
  /** Where what is held ends. */
  readonly heldUntil?: bigint;
  /** How long its server keeps data. */
  readonly retentionSeconds?: number;
  /** The class of its data. */
  readonly class?: string;
}

/** Of one place, as far as it is known without asking it. */
export interface PlaceStock {
  readonly name: string;
  readonly copies: number;
  readonly bytes: number;
  readonly damaged: number;
  /** Snapshots that are kept here and not there, where it is among `copies`. */
  readonly missing?: number;
  /** When it was last looked at. */
  readonly checked?: bigint;
}

/** A backend of which nothing is held. */
export const NOTHING_HELD: BackendStock = { gaps: [] };

/** @param snapshots oldest first @param wanted the places that every snapshot is copied to */
export function stockOf(
  snapshots: readonly HeldSnapshot[],
  known: readonly KnownCopy[],
  of: {
    readonly damaged: number;
    readonly places: readonly string[];
    readonly wanted: readonly string[];
    /** The classes of places that have one of their own. */
    readonly classes?: Readonly<Record<string, string>>;
  },
): Stock {
  return {
    snapshots: snapshots.length,
    damaged: of.damaged,
    backends: backendsIn(snapshots),
    places: of.places.map((name) => placeStock(name, snapshots, known, of.wanted.includes(name))),
    oldest: oldestIn(snapshots, known, of.classes ?? {}),
  };
}

/** What this configuration wants held, and what is. */
export const stockIn = (
  { snapshots, unreadable, copies }: HeldSnapshots,
  { stores, copies: wanted, retention: { of } }: Pick<Config, "stores" | "copies"> & Classed,
): Stock =>
  stockOf(snapshots, copies, {
    damaged: unreadable.length,
    places: Object.keys(stores),
    wanted,
    classes: of.places,
  });

/** Which places have a class of their own. */
interface Classed {
  readonly retention: { readonly of: Pick<Config["retention"]["of"], "places"> };
}

interface Part {
  readonly plugin: SlimPlugin;
  readonly snapshot: HeldSnapshot;
}

function backendsIn(snapshots: readonly HeldSnapshot[]): Map<string, BackendStock> {
  const { whole, backends } = coverageOf(snapshots);
  const coverage = new Map(backends.map((one) => [one.backend, one]));
  const parts = Map.groupBy(
    snapshots.flatMap((snapshot) => snapshot.manifest.plugins.map((plugin) => ({ plugin, snapshot }))),
    ({ plugin }) => plugin.name,
  );
  const known = new Map(
    snapshots.flatMap((one) => hashesOf(one.manifest).map((sha256) => [sha256, one] as const)),
  );
  return new Map(
    [...parts].map(([name, own]) => {
      const newest = own.findLast(({ plugin }) => plugin.status !== "failed");
      const { covered = [], gaps = [] } = coverage.get(name) ?? {};
      const stock: BackendStock = {
        ...(newest && figuresOf(newest, known)),
        gaps: gaps.filter(({ to }) => to !== whole?.to),
        ...given({ completed: completionOf(own), heldUntil: covered.at(-1)?.to }),
      };
      return [name, stock];
    }),
  );
}

function completionOf(parts: readonly Part[]): bigint | undefined {
  const newest = parts.findLast(
    ({ plugin: { status, match } }) => status === "complete" && match === undefined,
  );
  return newest && fromRfc3339(newest.snapshot.manifest.finished);
}

function figuresOf(newest: Part, known: ReadonlyMap<string, HeldSnapshot>) {
  const { durationMs, retentionSeconds: kept } = newest.plugin;
  const retentionSeconds = typeof kept === "number" && kept > 0 ? kept : undefined;
  return {
    seconds: durationMs / 1000,
    ...newest.plugin.size,
    class: retentionClass(newest.plugin),
    restoredBytes: bytesUpTo(newest, known),
    ...given({ retentionSeconds }),
  };
}

function bytesUpTo(newest: Part, known: ReadonlyMap<string, HeldSnapshot>): number {
  const seen = new Set<HeldSnapshot>();
  let at: HeldSnapshot | undefined = newest.snapshot;
  let bytes = 0;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    const part: SlimPlugin | undefined = at.manifest.plugins.find(({ name }) => name === newest.plugin.name);
    bytes += part?.size.bytes ?? 0;
    at = known.get(part?.parent?.sha256 ?? "");
  }
  return bytes;
}

function placeStock(
  name: string,
  snapshots: readonly HeldSnapshot[],
  known: readonly KnownCopy[],
  isWanted: boolean,
): PlaceStock {
  const own = known.filter(({ place }) => place === name);
  const sound = own.filter(({ checked }) => checked.sound);
  const held = new Set(sound.map(({ manifest }) => manifest));
  const missing = snapshots.filter(
    ({ manifest, isHere }) => isHere && manifest.status !== "failed" && !held.has(manifest.sha256),
  );
  const checked = own.map((one) => fromRfc3339(one.checked.at));
  return {
    name,
    copies: sound.length,
    bytes: sound.reduce((sum, { bytes }) => sum + bytes, 0),
    damaged: own.length - sound.length,
    ...given({
      missing: isWanted ? missing.length : undefined,
      checked: checked.length === 0 ? undefined : checked.reduce((a, b) => (a > b ? a : b)),
    }),
  };
}

/** In a place with a class of its own everything is of that. */
function oldestIn(
  snapshots: readonly HeldSnapshot[],
  known: readonly KnownCopy[],
  classes: Readonly<Record<string, string>>,
): Map<string, bigint> {
  const oldest = new Map<string, bigint>();
  const places = Map.groupBy(
    known.filter(({ gone }) => gone !== true),
    ({ manifest }) => manifest,
  );
  for (const snapshot of snapshots) {
    const copies = places.get(snapshot.manifest.sha256) ?? [];
    const own = copies.flatMap(({ place }) => (Object.hasOwn(classes, place) ? (classes[place] ?? []) : []));
    const isShared = snapshot.isHere || copies.length === 0 || own.length < copies.length;
    const categories = isShared ? [...snapshot.manifest.plugins.map(retentionClass), ...own] : own;
    for (const category of categories) {
      const [at, before] = [createdAt(snapshot), oldest.get(category)];
      if (before === undefined || at < before) oldest.set(category, at);
    }
  }
  return oldest;
}

/**
 * Until the server removes the oldest moment that it still has and no snapshot holds; what is newer than the newest snapshot is
 * one, too. `undefined`: it removes nothing, or nothing was ever saved.
 * @param now ms since the epoch
 */
export function expiresSeconds(
  { gaps, heldUntil, retentionSeconds }: BackendStock,
  now: number,
): number | undefined {
  if (retentionSeconds === undefined || heldUntil === undefined) return undefined;
  const kept = BigInt(Math.floor(retentionSeconds)) * NS_PER_SECOND;
  const end = fromMs(now);
  const open = [...gaps, { from: heldUntil, to: end }].filter(({ to }) => to > end - kept);
  const oldest = open.reduce((least, { from }) => (from < least ? from : least), end);
  return Math.max(0, inSeconds(oldest + kept - end));
}

/** How long these are together. */
export const lengthSeconds = (ranges: readonly Range[]): number => inSeconds(totalLength(ranges));

/** Data of one class: how old, and how long it is to be kept. */
export interface CategoryAge {
  readonly category: string;
  readonly ageSeconds?: number;
  readonly policySeconds: number;
}

/** Of each class that is defined, and of others that snapshots have. @param now ms since the epoch */
export const categoryAges = (oldest: Stock["oldest"], times: ClassTimes, now: number): CategoryAge[] =>
  [...new Set([...times.keys(), ...oldest.keys()])].map((category) => {
    const at = oldest.get(category);
    const ageSeconds = at === undefined ? undefined : Math.max(0, inSeconds(fromMs(now) - at));
    return { category, policySeconds: inSeconds(timeOf(category, times)), ...given({ ageSeconds }) };
  });

const inSeconds = (ns: bigint): number => Number(ns) / 1e9;

/** Looks at a whole place: its copies, what is wrong with them as far as a listing tells, and what belongs to none. */
import type { StoredObject } from "../../contract/contract.ts";
import { isKind } from "../../contract/errors.ts";
import { relieveNow } from "../../engine/memory-pressure.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { NS_PER_SECOND } from "../../units/range.ts";
import { PLAN_FILE, plainName } from "../format/bookkeeping.ts";
import {
  COPY_FILE,
  type Copy,
  type CopyObject,
  type IsKnown,
  UNPROVED_BYTES_MAX,
} from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import { belongingTo, type CopyHead, findCopy, flawOf, headOf, storedFlaws } from "./find-copy.ts";

/** A copy as it was found. */
export interface SurveyedCopy {
  /** The snapshot's name. */
  readonly name: string;
  /** Absent: its `copy.json` is not credible. */
  readonly found?: CopyHead;
  /** Why not. */
  readonly reason?: string;
  /** What is wrong with its objects, by file. */
  readonly flaws: ReadonlyMap<string, string>;
  /** What lies in its folder and it does not name; none if it is not credible, or lacks something. */
  readonly strays: readonly StoredObject[];
}

/** Objects of no copy, below one name of a snapshot. */
export interface Rubbish {
  readonly name: string;
  readonly objects: readonly StoredObject[];
  /** They are an export straight into the place, which may be all that is left of what it has read. */
  readonly isExport?: true;
}

/** Whether these objects without a `copy.json` are an export straight into the place that can be resumed. */
export const isUnfinishedExport = (name: string, objects: readonly StoredObject[]): boolean =>
  objects.some((object) => plainName(object.name) === `${name}/${PLAN_FILE}`);

/** What lies in a place. */
export interface PlaceSurvey {
  /** Oldest first, by name. */
  readonly copies: readonly SurveyedCopy[];
  /** What lies below names of snapshots without a `copy.json`: interrupted copies, and some that are being written. */
  readonly unfinished: ReadonlyMap<string, readonly StoredObject[]>;
}

/**
 * Folder by folder, since a place may have more objects than can be held: of each copy only what they amount to is.
 * @param isKnown whose copies are believed; default: anybody's @throws PluginError when the place cannot be read
 */
export async function surveyPlace(place: Place, isKnown?: IsKnown): Promise<PlaceSurvey> {
  const { names, copies } = await foldersIn(place);
  const isCopy = (name: string): boolean => copies.has(`${name}/${COPY_FILE}`);
  const isLarge = (name: string): boolean =>
    (copies.get(`${name}/${COPY_FILE}`)?.size ?? 0) > UNPROVED_BYTES_MAX;
  const look = (name: string) => surveyed(place, name, isKnown).finally(relieveNow);
  const found = names.filter(isCopy);
  const small = found.filter((name) => !isLarge(name));
  // Of the large ones one at a time, because each takes much memory.
  const looked = [...(await inParallel(small, look)), ...(await inParallel(found.filter(isLarge), look, 1))];
  const unfinished = new Map<string, readonly StoredObject[]>();
  for (const name of names.filter((one) => !isCopy(one))) {
    const there = await place.list(`${name}/`);
    // It may be finished, or gone, by now.
    if (there.size > 0 && !there.has(`${name}/${COPY_FILE}`)) unfinished.set(name, [...there.values()]);
  }
  return { copies: looked.sort((a, b) => (a.name < b.name ? -1 : 1)), unfinished };
}

/** The names of snapshots below which there is anything, and every `copy.json`. */
async function foldersIn(place: Place) {
  const names = new Set<string>();
  const copies = await place.list("", (object) => {
    const name = object.slice(0, Math.max(0, object.indexOf("/")));
    if (!SNAPSHOT_NAME.test(name)) return false;
    names.add(name);
    return object === `${name}/${COPY_FILE}`;
  });
  return { names: [...names].sort(), copies };
}

async function surveyed(place: Place, name: string, isKnown: IsKnown | undefined): Promise<SurveyedCopy> {
  const there = await place.list(`${name}/`);
  try {
    const found = await findCopy(place, name, isKnown);
    if (found === undefined) return { name, reason: `its ${COPY_FILE} is gone`, flaws: NONE, strays: [] };
    const flaws = new Map(storedFlaws(found.copy, there));
    return { name, found: headOf(found), flaws, strays: straysOf(found.copy, there) };
  } catch (error) {
    // One that nobody may read hides no other.
    if (!(error instanceof SnapshotError || isKind(error, "refused", "invalid"))) throw error;
    return { name, reason: error.message, flaws: NONE, strays: [] };
  }
}

const NONE: ReadonlyMap<string, string> = new Map();

function straysOf(copy: Copy, there: ReadonlyMap<string, StoredObject>): StoredObject[] {
  const storedOf = ({ name }: CopyObject) => there.get(`${copy.snapshot}/${name}`);
  if (!copy.objects.every((one) => flawOf(one, storedOf(one)) === undefined)) return [];
  const named = belongingTo(copy);
  return [...there.values()].filter(({ name }) => !named.has(name));
}

/** An interrupted copy may be finished within this time. ns */
const RUBBISH_AFTER = 172_800n * NS_PER_SECOND;

/**
 * What no copy names, and nobody has written to for two days: interrupted copies and removals, and strays among the objects of a
 * copy. Of a copy that is not credible, or lacks something, nothing.
 * @param now ns
 */
export function rubbishIn({ copies, unfinished }: PlaceSurvey, now: bigint): Rubbish[] {
  const without = [...unfinished].map(
    ([name, objects]): Rubbish => ({
      name,
      objects,
      ...(isUnfinishedExport(name, objects) ? { isExport: true } : {}),
    }),
  );
  const strays = copies.map(({ name, strays: objects }): Rubbish => ({ name, objects }));
  return [...without, ...strays].filter(
    ({ objects }) => objects.length > 0 && objects.every(({ modified }) => modified + RUBBISH_AFTER < now),
  );
}

/** Looks at a whole place: its copies, what is wrong with them as far as a listing tells, and what belongs to none. */
import type { StoredObject } from "../../contract/contract.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { COPY_FILE } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import { type FoundCopy, findCopy, storedFlaws } from "./find-copy.ts";

/** A copy as it was found. */
export interface SurveyedCopy {
  /** The snapshot's name. */
  readonly name: string;
  /** Everything in its folder, by full name. */
  readonly objects: readonly StoredObject[];
  /** Absent: its `copy.json` is not credible. */
  readonly found?: FoundCopy;
  /** Why not. */
  readonly reason?: string;
  /** What is wrong with its objects, by file. */
  readonly flaws: ReadonlyMap<string, string>;
}

/** What lies in a place. */
export interface PlaceSurvey {
  /** Oldest first, by name. */
  readonly copies: readonly SurveyedCopy[];
  /** What lies below names of snapshots without a `copy.json`: interrupted copies, and some that are being written. */
  readonly unfinished: ReadonlyMap<string, readonly StoredObject[]>;
}

/** @throws PluginError when the place cannot be read */
export async function surveyPlace(place: Place): Promise<PlaceSurvey> {
  const there = await place.list("");
  const folders = Map.groupBy(there.values(), ({ name }) => name.slice(0, name.indexOf("/")));
  const snapshots = [...folders].filter(([name]) => SNAPSHOT_NAME.test(name)).sort(byName);
  const isCopy = ([name]: (typeof snapshots)[number]): boolean => there.has(`${name}/${COPY_FILE}`);
  const looked = await inParallel(snapshots.filter(isCopy), ([name, objects]) =>
    surveyed(place, name, objects),
  );
  return {
    copies: looked,
    unfinished: new Map(snapshots.filter((one) => !isCopy(one))),
  };
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

async function surveyed(place: Place, name: string, objects: readonly StoredObject[]): Promise<SurveyedCopy> {
  try {
    const found = await findCopy(place, name);
    if (found === undefined) return { name, objects, reason: `its ${COPY_FILE} is gone`, flaws: NONE };
    const there = new Map(objects.map((object) => [object.name, object]));
    return { name, objects, found, flaws: new Map(storedFlaws(found.copy, there)) };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { name, objects, reason: error.message, flaws: NONE };
  }
}

const NONE: ReadonlyMap<string, string> = new Map();

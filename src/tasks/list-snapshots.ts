/** Which snapshots there are, and where each is held. */
import type { Config } from "../config/config.ts";
import { type PlaceSurvey, type SurveyedCopy, surveyPlace } from "../copies/read/survey.ts";
import type { KnownCopy } from "../copies/record/known-copies.ts";
import { type KeptSnapshot, keptAt, misnamedIn, readKept } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { inParallel } from "../units/in-parallel.ts";
import { counted } from "../units/words.ts";
import { UnknownSignerError } from "./errors.ts";
import { copiesKnownTo, holdingsOf, rememberCheck } from "./holdings.ts";
import { openPlace, snapshotPlaces } from "./places.ts";
import type { TaskContext } from "./task.ts";

/** A snapshot, and where it is held. */
export interface ListedSnapshot {
  readonly snapshot: KeptSnapshot;
  /** In the snapshots directory. */
  readonly isHere: boolean;
  /** As copies in places, as far as they are known. */
  readonly held: readonly KnownCopy[];
}

/** What a directory or a place holds. */
export interface SnapshotListing {
  /** The snapshots directory. */
  readonly backups: string;
  /** The place that was looked at, and not the directory. */
  readonly place?: string;
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  /** Paths of interrupted exports, or of copies. */
  readonly unfinished: readonly string[];
  /** What is damaged, not believed, or gone, each with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** What is kept here, and what only copies hold that are known of. No place is asked. */
export async function listHere(config: Config): Promise<SnapshotListing> {
  const { backups } = config;
  const { snapshots, unreadable } = await readKept(await holdingsOf(config));
  const known = Map.groupBy(await copiesKnownTo(config).list(), ({ manifest }) => manifest);
  return {
    backups,
    snapshots: snapshots.map((snapshot) => ({
      snapshot,
      isHere: snapshot.path.startsWith(backups),
      held: known.get(snapshot.manifest.sha256) ?? [],
    })),
    unfinished: await listPartials(backups),
    unreadable: [...unreadable, ...(await misnamedIn(backups))],
  };
}

/** What a place holds. What is known of its copies is renewed. @throws UsageError when there is no such place; PluginError */
export async function listPlace(
  context: TaskContext,
  name: string,
  keys: readonly string[],
): Promise<SnapshotListing> {
  const { config } = context;
  const place = openPlace(name, context);
  const survey = await surveyPlace(place);
  const where = await snapshotPlaces(context, { place: name, key: keys });
  const read = await inParallel(survey.copies, (one) => lookedAt(where.kept.within(one.name), one));
  for (const { copy, kept } of read)
    await rememberCheck(
      config,
      { place: name, name: copy.name },
      { depth: "sizes", sound: kept !== undefined && copy.flaws.size === 0 },
      {
        copy: kept === undefined ? undefined : copy.found,
        part: undefined,
        files: where.kept.within(copy.name),
      },
    );
  const gone = await vanished(config, name, survey);
  const known = new Map((await copiesKnownTo(config).list(name)).map((one) => [one.name, one]));
  const here = new Set((await readKept(config.backups)).snapshots.map(({ manifest }) => manifest.sha256));
  return {
    backups: config.backups,
    place: name,
    snapshots: read.flatMap(({ kept, copy }) =>
      kept === undefined
        ? []
        : [
            {
              snapshot: kept,
              isHere: here.has(kept.manifest.sha256),
              held: [known.get(copy.name)].filter((one) => one !== undefined),
            },
          ],
    ),
    unfinished: [...survey.unfinished.keys()].map(place.shown),
    unreadable: [
      ...read.flatMap(({ copy, reason }) =>
        reason === undefined ? [] : [{ path: place.shown(copy.name), reason }],
      ),
      ...gone.map((one) => ({ path: place.shown(one), reason: "the copy is gone from the place" })),
    ],
  };
}

interface LookedAt {
  readonly copy: SurveyedCopy;
  /** Absent: its manifest is not credible, or not believed. */
  readonly kept?: KeptSnapshot;
  /** What is wrong with it. */
  readonly reason?: string;
}

async function lookedAt(files: KeptSnapshot["files"], copy: SurveyedCopy): Promise<LookedAt> {
  if (copy.found === undefined) return { copy, reason: copy.reason ?? "it is not credible" };
  try {
    const kept = await keptAt(files);
    const [[file, message] = []] = copy.flaws;
    if (file === undefined) return { copy, kept };
    const more = copy.flaws.size === 1 ? "" : `, and ${counted(copy.flaws.size - 1, "more flaw")}`;
    return { copy, kept, reason: `${file} ${message}${more}` };
  } catch (error) {
    if (!(error instanceof SnapshotError || error instanceof UnknownSignerError)) throw error;
    return { copy, reason: error.message };
  }
}

/** Copies that were known and are no longer there: forgotten from now on. */
async function vanished(config: Config, place: string, { copies }: PlaceSurvey): Promise<string[]> {
  const known = copiesKnownTo(config);
  const there = new Set(copies.map(({ name }) => name));
  const gone = (await known.list(place)).filter(({ name }) => !there.has(name));
  for (const one of gone) await known.forget(one);
  return gone.map(({ name }) => snapshotName(name));
}

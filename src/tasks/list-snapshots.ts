/** Which snapshots there are, and where each is held. */
import type { Config } from "../config/config.ts";
import type { FoundCopy } from "../copies/read/find-copy.ts";
import { type PlaceSurvey, type SurveyedCopy, surveyPlace } from "../copies/read/survey.ts";
import { withManifest } from "../copies/record/held-storage.ts";
import type { KnownCopies, KnownCopy } from "../copies/record/known-copies.ts";
import { type KeptSnapshot, keptAt, misnamedIn, readKept } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../snapshot/format/limits.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import type { Storage } from "../storage/storage.ts";
import { inParallel } from "../units/in-parallel.ts";
import { counted } from "../units/words.ts";
import { UnknownSignerError, UsageError } from "./errors.ts";
import { copiesKnownTo, holdingsOf, rememberCheck } from "./holdings.ts";
import { believing, openPlace, type PlacesGiven, snapshotPlaces } from "./places.ts";
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
  given: PlacesGiven,
): Promise<SnapshotListing> {
  const { config } = context;
  const place = openPlace(name, context);
  const survey = await surveyPlace(place);
  const where = await snapshotPlaces(context, { ...given, place: name });
  const believe = believing(context, given.key ?? []);
  const read = await inParallel(survey.copies, (one) =>
    lookedAt(one, { files: where.kept.within(one.name), known: copiesKnownTo(config), place: name, believe }),
  );
  for (const { copy, kept } of read)
    await rememberCheck(
      config,
      { place: name, name: copy.name },
      { depth: "sizes", sound: kept !== undefined && copy.flaws.size === 0 },
      { copy: kept && copy.found, part: undefined, files: kept?.files ?? where.kept },
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

interface Looking {
  readonly files: Storage;
  readonly known: KnownCopies;
  readonly place: string;
  readonly believe: (found: FoundCopy) => void;
}

async function lookedAt(copy: SurveyedCopy, looking: Looking): Promise<LookedAt> {
  if (copy.found === undefined) return { copy, reason: copy.reason ?? "it is not credible" };
  try {
    looking.believe(copy.found);
    const kept = await manifestOf(copy.found, looking);
    const [[file, message] = []] = copy.flaws;
    if (file === undefined) return { copy, kept };
    const more = copy.flaws.size === 1 ? "" : `, and ${counted(copy.flaws.size - 1, "more flaw")}`;
    return { copy, kept, reason: `${file} ${message}${more}` };
  } catch (error) {
    // A copy that nobody here can decrypt, or whose signer is unknown, is there all the same.
    if (
      !(error instanceof SnapshotError || error instanceof UnknownSignerError || error instanceof UsageError)
    )
      throw error;
    return { copy, reason: error.message };
  }
}

/** Of a copy that is known its manifest is here. */
async function manifestOf({ copy }: FoundCopy, { files, known, place }: Looking): Promise<KeptSnapshot> {
  const text = await known.manifest({ place, name: copy.snapshot }, MANIFEST_BYTES_MAX);
  const own = text === undefined ? files : withManifest(files, text);
  const kept = await keptAt(own).catch(() => keptAt(files));
  return kept.manifest.sha256 === copy.manifest ? kept : keptAt(files);
}

/** Copies that were known and are no longer there: forgotten from now on. */
async function vanished(config: Config, place: string, { copies }: PlaceSurvey): Promise<string[]> {
  const known = copiesKnownTo(config);
  const there = new Set(copies.map(({ name }) => name));
  const gone = (await known.list(place)).filter(({ name }) => !there.has(name));
  for (const one of gone) await known.forget(one);
  return gone.map(({ name }) => snapshotName(name));
}

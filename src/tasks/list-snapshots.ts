/** Which snapshots there are, and where each is held. */
import type { Config } from "../config/config.ts";
import type { Copy } from "../copies/format/copy-file.ts";
import type { Place } from "../copies/place/place.ts";
import type { CopyHead } from "../copies/read/find-copy.ts";
import {
  isUnfinishedExport,
  type PlaceSurvey,
  type SurveyedCopy,
  surveyPlace,
} from "../copies/read/survey.ts";
import { withManifest } from "../copies/record/held-storage.ts";
import { COPIES_FOLDER, type KnownCopies, type KnownCopy } from "../copies/record/known-copies.ts";
import { relieveNow, watchMemory } from "../engine/memory-pressure.ts";
import { type KeptSnapshot, keptAt, misnamedIn, readKept, withoutObjects } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../snapshot/format/limits.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { inParallel } from "../units/in-parallel.ts";
import { counted } from "../units/words.ts";
import type { HeldSnapshots } from "./snapshots/held.ts";
import { copiesKnownTo, type Holder, isPlaceOf, rememberCheck, seenNow } from "./snapshots/holdings.ts";
import { believing, knownKeys, openPlace, type PlacesGiven, snapshotPlaces } from "./snapshots/places.ts";
import type { ToldSnapshot } from "./snapshots/slim.ts";
import { SealedError, UnknownSignerError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** A snapshot, and where it is held. */
export interface ListedSnapshot<Snapshot = ToldSnapshot> {
  readonly snapshot: Snapshot;
  /** In the snapshots directory. */
  readonly isHere: boolean;
  /** As copies in places, as far as they are known. */
  readonly held: readonly KnownCopy[];
}

/** A copy of which no more is known than what its signed `copy.json` says. */
interface SealedCopy extends Pick<Copy, "created">, Pick<CopyHead, "bytes"> {
  readonly path: string;
  readonly held: readonly KnownCopy[];
}

/** What a directory or a place holds. */
export interface SnapshotListing<Listed = ListedSnapshot> {
  /** The snapshots directory. */
  readonly backups: string;
  /** The place that was looked at, and not the directory. */
  readonly place?: string;
  /** Oldest first. */
  readonly snapshots: readonly Listed[];
  /** Of a place: copies that nobody here can decrypt, and of whose snapshots nothing is known here. */
  readonly sealed: readonly SealedCopy[];
  /** Interrupted exports, and copies in a place, each with the command that finishes it. */
  readonly unfinished: readonly { readonly path: string; readonly finishedBy: string }[];
  /** What is damaged, not believed, or gone, each with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** What is kept here, and what only copies hold that are known of. No place is asked. @param held as `held.ts` gives it */
export async function listHere(config: Holder, held: HeldSnapshots): Promise<SnapshotListing> {
  const { backups } = config;
  const { snapshots, unreadable, copies } = held;
  const isPlace = isPlaceOf(config);
  const configured = copies.filter(({ place }) => isPlace(place));
  const known = Map.groupBy(configured, ({ manifest }) => manifest);
  return {
    backups,
    snapshots: snapshots.map((snapshot) => ({
      snapshot,
      isHere: snapshot.isHere,
      held: known.get(snapshot.manifest.sha256) ?? [],
    })),
    sealed: [],
    unfinished: (await listPartials(backups)).map((path) => ({
      path,
      finishedBy: "contextcore export --resume",
    })),
    unreadable: [
      ...unreadable,
      ...(await misnamedIn(backups)),
      ...lostPlaces(copies, { isPlace, snapshots }),
    ],
  };
}

/** As much of a snapshot as is held while there may be very many: what its manifest was read from goes at once. */
export function asListed(kept: KeptSnapshot): KeptSnapshot {
  relieveNow();
  return withoutObjects(kept);
}

/** Places that the configuration does not name any more, with what only they may hold. */
function lostPlaces(
  known: readonly KnownCopy[],
  { isPlace, snapshots }: Pick<HeldSnapshots, "snapshots"> & { readonly isPlace: (name: string) => boolean },
): { path: string; reason: string }[] {
  const held = new Set(snapshots.map(({ manifest }) => manifest.sha256));
  const lost = known.filter(({ place, manifest }) => !isPlace(place) && !held.has(manifest));
  return [...Map.groupBy(lost, ({ place }) => place)].map(([path, copies]) => ({
    path,
    reason: `no place is called so any more, so ${counted(copies.length, "copy", "copies")} there ${copies.length === 1 ? "counts" : "count"} for nothing; if that is right, remove ${COPIES_FOLDER}/${path}`,
  }));
}

/** What a place holds, and the place itself. */
export interface PlaceListing extends SnapshotListing<ListedSnapshot<KeptSnapshot>> {
  readonly open: Place;
  readonly survey: PlaceSurvey;
}

/** What a place holds. What is known of its copies is renewed. @throws UsageError when there is no such place; PluginError */
export async function listPlace(
  context: TaskContext,
  name: string,
  asked: PlacesGiven = {},
): Promise<PlaceListing> {
  const { config } = context;
  using _memory = watchMemory();
  const place = openPlace(name, context);
  const isKnown = knownKeys(context, asked.key);
  const survey = await surveyPlace(place, isKnown);
  const where = await snapshotPlaces(context, { ...asked, place: name });
  const believe = believing(isKnown);
  const local = new Map(
    (await readKept(config.backups, asListed)).snapshots.map((one) => [one.manifest.sha256, one.files]),
  );
  const read = await inParallel(survey.copies, async (copy): Promise<LookedAt> => {
    const { name: own } = copy;
    const files = where.kept.within(own);
    const looking = { files, known: copiesKnownTo(config), local, place: place.name, believe };
    const { kept, isSealed, ...looked } = await lookedAt(copy, looking);
    await rememberCheck(
      config,
      { place: place.name, name: own },
      { depth: "sizes", sound: (kept !== undefined || isSealed === true) && copy.flaws.size === 0 },
      {
        copy: kept === undefined && !isSealed ? undefined : copy.found,
        part: undefined,
        files: kept?.files ?? files,
      },
    );
    // What was opened to read its manifest has the list of its objects.
    const closed = kept && asListed({ ...kept, files: where.kept.within(own) });
    return { ...looked, ...given({ kept: closed, isSealed }) };
  });
  const gone = await vanished(config, place.name, survey);
  const known = new Map((await copiesKnownTo(config).list(place.name)).map((one) => [one.name, one]));
  const seen = ({ found, flaws }: SurveyedCopy): KnownCopy | undefined =>
    found && seenNow(name, found, { depth: "listed", sound: flaws.size === 0 });
  const heldOf = (copy: SurveyedCopy): KnownCopy[] =>
    [known.get(copy.name) ?? seen(copy)].flatMap((one) => one ?? []);
  return {
    backups: config.backups,
    place: place.name,
    open: place,
    survey,
    snapshots: read.flatMap(({ kept, copy }) =>
      kept === undefined
        ? []
        : [
            {
              snapshot: kept,
              isHere: local.has(kept.manifest.sha256),
              held: heldOf(copy),
            },
          ],
    ),
    sealed: read.flatMap(({ copy, isSealed }) =>
      copy.found === undefined || !isSealed
        ? []
        : [
            {
              created: copy.found.copy.created,
              bytes: copy.found.bytes,
              path: place.shown(copy.name),
              held: heldOf(copy),
            },
          ],
    ),
    unfinished: [...survey.unfinished].map(([one, objects]) => ({
      path: place.shown(one),
      finishedBy: isUnfinishedExport(one, objects)
        ? `contextcore export --resume ${place.shown(one)}`
        : `contextcore snapshots copy ${one} --to ${place.name}`,
    })),
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
  /** Nobody here can decrypt it. */
  readonly isSealed?: boolean;
}

interface Looking {
  readonly files: Storage;
  readonly known: KnownCopies;
  /** The snapshots that are kept here, by the `sha256` of their manifest. */
  readonly local: ReadonlyMap<string, Storage>;
  readonly place: string;
  readonly believe: (found: CopyHead) => void;
}

async function lookedAt(copy: SurveyedCopy, looking: Looking): Promise<LookedAt> {
  if (copy.found === undefined) return { copy, reason: copy.reason ?? "it is not credible" };
  const [[file, message] = []] = copy.flaws;
  const more = copy.flaws.size < 2 ? "" : `, and ${counted(copy.flaws.size - 1, "more flaw")}`;
  const flawed = file === undefined ? {} : { reason: `${file} ${message}${more}` };
  try {
    looking.believe(copy.found);
    return { copy, kept: await manifestOf(copy.found, looking), ...flawed };
  } catch (error) {
    if (error instanceof SealedError) return { copy, isSealed: true, ...flawed };
    // One whose signer is unknown is there all the same.
    if (!(error instanceof SnapshotError || error instanceof UnknownSignerError)) throw error;
    return { copy, reason: error.message };
  }
}

/** Of a copy that is known, or whose snapshot is kept here, the manifest is here. */
async function manifestOf(
  { copy }: CopyHead,
  { files, known, local, place }: Looking,
): Promise<KeptSnapshot> {
  const here = await local.get(copy.manifest)?.read(MANIFEST_FILE, MANIFEST_BYTES_MAX);
  const text =
    (await known.manifest({ place, name: copy.snapshot }, MANIFEST_BYTES_MAX)) ??
    (here && Buffer.from(here).toString());
  const own = text === undefined ? files : withManifest(files, async () => text);
  const kept = await keptAt(own).catch(() => keptAt(files));
  return kept.manifest.sha256 === copy.manifest ? kept : keptAt(files);
}

/** Copies that were known and are no longer there: forgotten from now on. */
async function vanished(config: Config, place: string, { copies }: PlaceSurvey): Promise<string[]> {
  const known = copiesKnownTo(config);
  const there = new Set(copies.map(({ name }) => name));
  const gone = (await known.list(place)).filter(({ name }) => !there.has(name));
  for (const one of gone) await known.lose(one);
  return gone.map(({ name }) => snapshotName(name));
}

/** Which snapshots a verification proves, however damaged they are. */
import type { Config } from "../config/config.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import type { Chosen, Reasoned } from "../snapshot/catalog/choose.ts";
import { isDistrust, readKept, type Unreadable } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../snapshot/format/name.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { isStoreUrl } from "./snapshots/addresses.ts";
import { meantBy, type SnapshotPlaces } from "./snapshots/named-snapshot.ts";
import { type PlacesGiven, snapshotPlaces } from "./snapshots/places.ts";
import { chooseSnapshots } from "./snapshots/snapshot-param.ts";
import { SealedError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** What of its parameters says which. */
interface Asked extends PlacesGiven {
  readonly snapshot: string | undefined;
  readonly all: boolean;
  readonly chain: boolean;
  readonly live: boolean;
}

/** What is proved. */
export interface ToVerify {
  /** The oldest first. */
  readonly places: readonly Storage[];
  /** Absent when what is meant does not say what it holds: it is damaged, or nobody here can decrypt it. */
  readonly chosen: Chosen | undefined;
  /** Copies among them whose signer is not believed, which are not checked. */
  readonly distrusted: readonly Reasoned[];
  /** The copies in places that were opened, by where they lie. */
  readonly opened?: SnapshotPlaces["opened"];
}

/** A place that is named where a snapshot could be means every copy in it. */
export function placeMeant<Given extends Asked>(asked: Given, { stores }: Pick<Config, "stores">): Given {
  const { snapshot, place } = asked;
  if (snapshot === undefined || place !== undefined) return asked;
  if (!Object.hasOwn(stores, snapshot) && !isStoreUrl(snapshot)) return asked;
  return { ...asked, snapshot: undefined, place: snapshot, all: true };
}

/**
 * A named snapshot is checked whatever is wrong with it, and so is every existing one that its chain lacks. A copy that nobody here
 * can decrypt is checked as it is stored.
 * @throws UsageError when there is none; SealedError when the servers are to be asked about one that nobody here can decrypt
 */
export async function toVerify(asked: Asked, context: TaskContext): Promise<ToVerify> {
  const { snapshot, chain } = asked;
  const where = await snapshotPlaces(context, asked);
  try {
    const chosen = await chooseSnapshots({ snapshot, chain }, where);
    const missing = chosen.chains.flatMap((each) => each.missing);
    const lost = [...missing, ...chosen.broken].map(({ name }) => name);
    const bad = chosen.kept.unreadable.filter(({ path }) => lost.includes(nameOf({ path })));
    const [distrusted, broken] = [bad.filter(isDistrusted), bad.filter((one) => !isDistrusted(one))];
    const places = [...snapshotsOf(chosen.chains), ...broken].map(
      ({ files }) => [files.root, files] as const,
    );
    return {
      places: [...new Map(places).values()],
      chosen,
      distrusted: distrusted.map(({ path, reason }) => ({ name: nameOf({ path }), reason })),
      ...given({ opened: where.opened }),
    };
  } catch (error) {
    // It was not opened, which says nothing of what is in it: without an identity it is proved as it is stored.
    const why = where.locked?.();
    const isSealed = why instanceof SealedError && !asked.live;
    if (why !== undefined && !isSealed) throw why;
    const { believed: places, distrusted } = await divided(await unreadable(snapshot, where, isSealed));
    if (places.length === 0) throw error;
    return { places, chosen: undefined, distrusted, ...given({ opened: where.opened }) };
  }
}

const isDistrusted = (one: Unreadable): boolean => one.isDistrusted === true;

/** One whose signer is not believed stops nobody from checking the others. @throws a Distrust when there is no other than such */
async function divided(places: readonly Storage[]) {
  const believed: Storage[] = [];
  const distrusts: { readonly name: string; readonly error: Error }[] = [];
  for (const place of places) {
    try {
      await place.sealed?.();
      believed.push(place);
    } catch (error) {
      if (!isDistrust(error)) throw error;
      distrusts.push({ name: nameOf({ path: place.root }), error });
    }
  }
  const [first] = distrusts;
  if (first !== undefined && believed.length === 0) throw first.error;
  return { believed, distrusted: distrusts.map(({ name, error }) => ({ name, reason: error.message })) };
}

/** Where nothing could be chosen: what is there, to be checked whatever is wrong with it. */
async function unreadable(
  snapshot: string | undefined,
  where: SnapshotPlaces,
  isSealed: boolean,
): Promise<readonly Storage[]> {
  const { files, among } =
    snapshot === undefined ? { files: undefined, among: where.kept } : await meantBy(snapshot, where);
  if (files !== undefined) return [files];
  if (isSealed) {
    const names = (await among.names()).filter((name) => SNAPSHOT_NAME.test(name));
    return (snapshot === undefined ? names : names.slice(-1)).map(among.within);
  }
  try {
    return (await readKept(among)).unreadable.map((one) => one.files);
  } catch (error) {
    if (error instanceof SnapshotError) return [among];
    throw error;
  }
}

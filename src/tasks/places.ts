/** The configured places, opened, and whose copies in them are believed. */

import { readSigningKey } from "../audit/journal/checkpoint.ts";
import { openHome } from "../audit/journal/home.ts";
import { closest } from "../config/closest.ts";
import { type Ask, askedOnce } from "../contract/single-flight.ts";
import { createPlace, type Place } from "../copies/place/place.ts";
import { type CopyStorageOptions, copyStorage } from "../copies/read/copy-storage.ts";
import { decryptedWith } from "../copies/read/decrypted.ts";
import type { FoundCopy } from "../copies/read/find-copy.ts";
import { placeStorage } from "../copies/read/place-storage.ts";
import type { OpenStore } from "../host/open.ts";
import type { Storage } from "../storage/storage.ts";
import { listed } from "../units/words.ts";
import { UnknownSignerError, UsageError } from "./errors.ts";
import { holdingsOf } from "./holdings.ts";
import { type IdentityGiven, readIdentities } from "./identity.ts";
import type { SnapshotPlaces } from "./named-snapshot.ts";
import type { TaskContext } from "./task.ts";

/** The parameter that names whose copies are believed besides one's own. */
export const KEY = {
  type: "value",
  hint: "PUBLIC_KEY",
  repeatable: true,
  local: true,
  about: "also believe copies signed with this public key, which contextcore audit keygen printed",
} as const;

/** The parameter that names a place to look in. */
export const PLACE = {
  type: "value",
  hint: "PLACE",
  complete: "places",
  about: "look in this store of the configuration, and not in the snapshots directory",
} as const;

/** What of a task's context places are made from. */
type Surroundings = Pick<TaskContext, "stores" | "failures" | "config" | "signal" | "home" | "trailFile">;

/** The store of this name. @throws UsageError when there is none; why it could not be opened */
function openStoreOf(name: string, { stores, failures, config }: Surroundings): OpenStore {
  const found = stores.find((one) => one.name === name);
  if (found !== undefined) return found;
  const failure = Object.hasOwn(config.stores, name)
    ? failures.find((one) => one.name === name)?.error
    : undefined;
  if (failure !== undefined) throw failure;
  const names = stores.map((one) => one.name);
  const meant = closest(name, names);
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : names.length > 0
        ? `there are ${listed(names)}`
        : "a place is a store below `stores` in the configuration";
  throw new UsageError(`there is no place ${name}`, hint);
}

/** The place of this name, for one piece of work. @throws as {@link openStoreOf} */
export function openPlace(name: string, surroundings: Surroundings): Place {
  const { signal, config } = surroundings;
  const { store, encrypt: recipients = [] } = openStoreOf(name, surroundings);
  return createPlace(name, store, { signal, concurrency: config.export.concurrency, recipients });
}

/** Where the identity is, if one is named. */
type Encrypted = { readonly [Name in keyof IdentityGiven]?: IdentityGiven[Name] | undefined };

/** What a task is told about places. */
export interface PlacesGiven extends Encrypted {
  readonly place?: string | undefined;
  readonly key?: readonly string[];
}

/** Where a task looks for snapshots: in this place, or in the snapshots directory. @throws as {@link openStoreOf}; TrailError */
export async function snapshotPlaces(
  context: Surroundings & Pick<TaskContext, "directory">,
  { place, key = [], ...identity }: PlacesGiven = {},
): Promise<SnapshotPlaces> {
  const { directory, config, signal } = context;
  const opened = new Map<string, FoundCopy>();
  const identities = identitiesOf(identity, directory);
  const plain = decryptedWith(() => identities(signal));
  const believe = believing(context, key);
  const placed = (name: string): Storage => {
    const found = openPlace(name, context);
    const admit: Admit = (copy) => {
      believe(copy);
      opened.set(found.shown(copy.copy.snapshot), copy);
    };
    return copiesAt(found, { admit, opened: plain, signal });
  };
  if (place !== undefined) return { directory, kept: placed(place), isFar: true, placed, opened };
  const isOpen = (name: string): boolean => context.stores.some((one) => one.name === name);
  const kept = await holdingsOf(config, ({ place: name, name: snapshot }) =>
    isOpen(name) ? placed(name).within(snapshot) : undefined,
  );
  return { directory, kept, placed, opened };
}

/** Whether a copy is believed. @throws UnknownSignerError when it is not */
type Admit = (found: FoundCopy) => void;

/** Believes copies that this project's key has signed, or one of these. @throws TrailError when its own cannot be read */
export function believing({ home, trailFile }: Surroundings, keys: readonly string[]): Admit {
  const own = readSigningKey(openHome(home, trailFile))?.verifier;
  const known = new Set([...(own === undefined ? [] : [own]), ...keys.map((key) => key.trim())]);
  return ({ copy }) => {
    if (!known.has(copy.key)) throw new UnknownSignerError(copy.snapshot, copy.key);
  };
}

/** Read when something encrypted is opened, and once. @throws UsageError when none is named */
const identitiesOf = (given: Encrypted, directory: string): Ask<readonly string[]> =>
  askedOnce(async () => {
    const { identity } = given;
    if (identity === undefined)
      throw new UsageError("this copy is encrypted", "name the identity that opens it: --identity FILE");
    const pairs = await readIdentities({ ...given, identity }, directory);
    return (pairs ?? []).map((pair) => pair.identity);
  });

/** The copies in a place, as storage. */
const copiesAt = (place: Place, how: Pick<CopyStorageOptions, "admit" | "opened" | "signal">): Storage =>
  placeStorage(place, (name) => copyStorage({ place, name, ...how }));

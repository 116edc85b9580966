/** The configured places, opened, and whose copies in them are believed. */

import { readSigningKey } from "../../audit/journal/checkpoint.ts";
import { openHome } from "../../audit/journal/home.ts";
import { closest } from "../../config/closest.ts";
import { type Ask, askedOnce } from "../../contract/single-flight.ts";
import type { IsKnown } from "../../copies/format/copy-file.ts";
import { createPlace, type Place } from "../../copies/place/place.ts";
import { type CopyStorageOptions, copyStorage, type PlainForm } from "../../copies/read/copy-storage.ts";
import { decryptedWith } from "../../copies/read/decrypted.ts";
import { type CopyHead, type FoundCopy, headOf } from "../../copies/read/find-copy.ts";
import { placeStorage } from "../../copies/read/place-storage.ts";
import type { OpenStore } from "../../host/open.ts";
import { snapshotsOf } from "../../snapshot/catalog/chain-claims.ts";
import { OtherIdentityError } from "../../storage/age/error.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { listed } from "../../units/words.ts";
import { SealedError, UnansweredError, UnknownSignerError, UsageError } from "../task/errors.ts";
import { type IdentityGiven, readIdentities } from "../task/identity.ts";
import type { TaskContext } from "../task/task.ts";
import { isAddress, storeAt } from "./addresses.ts";
import { openErasures } from "./erasures.ts";
import { holdingsOf } from "./holdings.ts";
import type { SnapshotPlaces } from "./named-snapshot.ts";

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
  local: "paths",
  about: "look in this place, and not in the snapshots directory: a store of the configuration, or its URL",
} as const;

/** What of a task's context places are made from. */
type Surroundings = Pick<TaskContext, "stores" | "failures" | "config" | "signal" | "home" | "trailFile">;
type AsksPassphrase = Pick<TaskContext, "directory" | "askPassphrase">;

/** The store of this name. @throws UsageError when there is none; why it could not be opened */
function openStoreOf(name: string, { stores, failures, config }: Surroundings): OpenStore {
  const found = stores.find((one) => one.name === name || one.addresses?.includes(name));
  if (found !== undefined) return found;
  const own = isAddress(name) ? storeAt(name) : name;
  const failure =
    own !== name || Object.hasOwn(config.stores, name)
      ? failures.find((one) => one.name === own)?.error
      : undefined;
  if (failure !== undefined) throw failure;
  const names = Object.keys(config.stores);
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
  const {
    name: own,
    store,
    encrypt: recipients = [],
    retain,
    archive,
    settings,
  } = openStoreOf(name, surroundings);
  const shown = Object.hasOwn(config.stores, own) ? own : name.replace(/(?<=.)\/+$/, "");
  const lockMode = typeof settings.lock === "string" ? settings.lock : undefined;
  const { concurrency } = config.export;
  return createPlace(shown, store, { signal, concurrency, recipients, retain, lockMode, archive });
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
  context: Surroundings & AsksPassphrase,
  { place, key = [], ...identity }: PlacesGiven = {},
): Promise<SnapshotPlaces> {
  const { directory, config, signal } = context;
  const opened = new Map<string, CopyHead>();
  const lying = new Map<string, Place>();
  const { plain, locked } = lockedBy(identity, context);
  const isKnown = knownKeys(context, key);
  const believe = believing(isKnown);
  const placed = (name: string): Storage => {
    const found = openPlace(name, context);
    const admit: Admit = (copy) => {
      believe(copy);
      opened.set(found.shown(copy.copy.snapshot), headOf(copy));
      lying.set(found.shown(copy.copy.snapshot), found);
    };
    const isSealed = identity.identity === undefined;
    return copiesAt(found, { admit, isKnown, opened: plain, isSealed, signal });
  };
  const erasures: SnapshotPlaces["erasures"] = (chains, isIgnored) => {
    const places = new Set(snapshotsOf(chains).flatMap(({ path }) => lying.get(path) ?? []));
    return openErasures({ directory: config.directory, places, opened: plain, isIgnored, signal });
  };
  const found = { directory, placed, opened, locked, erasures };
  if (place !== undefined) return { ...found, kept: placed(place), isFar: true };
  const isOpen = (name: string): boolean => context.stores.some((one) => one.name === name);
  const kept = await holdingsOf(config, ({ place: name, name: snapshot }) =>
    isOpen(name) ? placed(name).within(snapshot) : undefined,
  );
  return { ...found, kept };
}

/** Whether a copy is believed. @throws UnknownSignerError when it is not */
type Admit = (found: FoundCopy) => void;

/** Believes copies that this project's key has signed, or one of these. @throws TrailError when its own cannot be read */
export function knownKeys({ home, trailFile }: Surroundings, keys: readonly string[] = []): IsKnown {
  const own = readSigningKey(openHome(home, trailFile))?.verifier;
  const known = new Set([...(own === undefined ? [] : [own]), ...keys.map((key) => key.trim())]);
  return (key) => known.has(key);
}

/** Lets only copies pass whose key is known. */
export const believing =
  (isKnown: IsKnown) =>
  ({ copy }: Pick<CopyHead, "copy">): void => {
    if (!isKnown(copy.key)) throw new UnknownSignerError(copy.snapshot, copy.key);
  };

/** Opens what is encrypted, and knows why not, if the reason is not the copy's. */
function lockedBy(
  given: Encrypted,
  context: AsksPassphrase & Pick<TaskContext, "signal">,
): { readonly plain: PlainForm; readonly locked: () => unknown } {
  const identities = identitiesOf(given, context);
  let reason: unknown;
  const asked = async (): Promise<readonly string[]> => {
    try {
      return await identities(context.signal);
    } catch (error) {
      reason = error;
      throw error;
    }
  };
  const decrypted = decryptedWith(asked);
  const plain: PlainForm = async (object, stored) => {
    try {
      return await decrypted(object, stored);
    } catch (error) {
      if (error instanceof OtherIdentityError) reason = error;
      throw error;
    }
  };
  return { plain, locked: () => reason };
}

/**
 * Read when something encrypted is opened, and once, whatever comes of it: a person is not asked again for each copy.
 * @throws SealedError when none is named; UnansweredError when the question for its passphrase was abandoned
 */
function identitiesOf(given: Encrypted, context: AsksPassphrase): Ask<readonly string[]> {
  const once = askedOnce(async () => {
    const [read] = await Promise.allSettled([readOwn(given, context)]);
    return read;
  });
  return async (signal) => {
    const read = await once(signal);
    if (read.status === "rejected") throw read.reason;
    return read.value;
  };
}

async function readOwn(
  given: Encrypted,
  { directory, askPassphrase }: AsksPassphrase,
): Promise<readonly string[]> {
  const { identity } = given;
  if (identity === undefined) throw new SealedError();
  const reading = readIdentities({ ...given, identity }, directory, askPassphrase);
  const pairs = await reading.catch((cause: unknown) => {
    // That it is missing must not look as if the copy's file were.
    if (systemCode(cause) === undefined) throw cause;
    const { message, hint } = fileFailure("read", identity, cause, { purpose: "read" });
    throw new UsageError(message, hint);
  });
  if (pairs === undefined) throw new UnansweredError("the passphrase was not given, so nothing was read");
  return pairs.map((pair) => pair.identity);
}

/** The copies in a place, as storage. */
const copiesAt = (place: Place, how: Omit<CopyStorageOptions, "place" | "name">): Storage =>
  placeStorage(place, (name) => copyStorage({ place, name, ...how }));

/** A store that keeps copies, called with retries at a pace that it can take. */
import type { ByteRange, NewObject, Store, StoredObject } from "../../contract/contract.ts";
import { PluginError } from "../../contract/errors.ts";
import { type ConcurrencyLimit, createConcurrencyLimit } from "../../engine/concurrency-limit.ts";
import { DEFAULT_TUNING, type Tuning } from "../../engine/tuning.ts";

/** A store under a name in the configuration, or the one that a URL means. */
export interface Place {
  /** For messages: `offsite`. */
  readonly name: string;
  readonly limit: ConcurrencyLimit;
  /** The age recipients to which everything that is copied there is encrypted; empty: it is stored as it is. */
  readonly recipients: readonly string[];
  /** How an object is named to people: `offsite:20260124-143000/logs.json`. */
  shown(object: string): string;
  /** Every object whose name begins with this, by name. @throws PluginError */
  list(prefix: string): Promise<ReadonlyMap<string, StoredObject>>;
  /** `undefined` when no object has that name. @throws PluginError */
  stat(object: string): Promise<StoredObject | undefined>;
  /** The bytes of a range, all of them. @throws PluginError, also when more or fewer come */
  fetch(object: string, range: ByteRange): Promise<Uint8Array>;
  /** SHA-256 of an object, from its bytes. @throws PluginError */
  hash(object: string): Promise<string>;
  /** See {@link Store.write}. @param object makes it anew for each attempt @throws PluginError */
  write(object: () => NewObject): Promise<"written" | "there already">;
  /** See {@link Store.remove}. */
  remove(object: string): Promise<void>;
}

interface PlaceOptions {
  readonly signal: AbortSignal;
  /** Calls at once, at most. */
  readonly concurrency: number;
  /** Default: none. */
  readonly recipients?: readonly string[];
  readonly tuning?: Partial<Tuning>;
}

/** An object may be as large as it likes: a store's hooks have limits for each piece of it. */
const PLACE_TUNING: Tuning = { ...DEFAULT_TUNING, stepMs: Number.POSITIVE_INFINITY };

/** The place with this store. */
export function createPlace(name: string, store: Store, options: PlaceOptions): Place {
  const { signal, concurrency, recipients = [] } = options;
  const limit = createConcurrencyLimit({
    concurrency,
    tuning: { ...PLACE_TUNING, ...options.tuning },
    signal,
  });
  return {
    name,
    limit,
    recipients,
    shown: (object) => `${name}:${object}`,
    list: (prefix) => limit.call((own) => listed(store, prefix, own)),
    stat: (object) => limit.call((own) => store.stat(object, own)),
    fetch: (object, range) => limit.call((own) => fetched(store, object, range, own)),
    hash: (object) => limit.call((own) => hashed(store, object, own)),
    write: (object) => limit.call((own) => store.write(object(), own)),
    remove: (object) => limit.call((own) => store.remove(object, own)),
  };
}

async function listed(store: Store, prefix: string, signal: AbortSignal): Promise<Map<string, StoredObject>> {
  const found = new Map<string, StoredObject>();
  for await (const object of store.list(prefix, signal)) {
    signal.throwIfAborted();
    if (object.name.startsWith(prefix)) found.set(object.name, object);
  }
  return found;
}

async function fetched(
  store: Store,
  object: string,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(range.to - range.from);
  let filled = 0;
  for await (const piece of store.read(object, range, signal)) {
    if (filled + piece.length > bytes.length) throw unlike(object, "more");
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled < bytes.length) throw unlike(object, "fewer");
  return bytes;
}

/** A connection that was cut looks like this, too. */
const unlike = (object: string, amount: string): PluginError =>
  new PluginError("temporary", `of ${object} came ${amount} bytes than were asked for`);

async function hashed(store: Store, object: string, signal: AbortSignal): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const piece of store.read(object, undefined, signal)) hasher.update(piece);
  return hasher.digest("hex");
}

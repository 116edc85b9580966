/** A store that keeps copies, called with retries at a pace that it can take. */
import type { ByteRange, LifecycleRule, NewObject, Store, StoredObject } from "../../contract/contract.ts";
import { PluginError } from "../../contract/errors.ts";
import { isObjectName } from "../../contract/object-name.ts";
import { type ConcurrencyLimit, createConcurrencyLimit } from "../../engine/concurrency-limit.ts";
import { relieveNow, watchMemory } from "../../engine/memory-pressure.ts";
import { DEFAULT_TUNING, type Tuning } from "../../engine/tuning.ts";
import { requireOnlyIfAbsent } from "../../storage/prove.ts";
import { given } from "../../units/given.ts";
import { DATA_TAG, isData } from "./data-tag.ts";

/** A store under a name in the configuration, or the one that a URL means. */
export interface Place {
  /** For messages: `offsite`. */
  readonly name: string;
  readonly limit: ConcurrencyLimit;
  /** The age recipients to which everything that is copied there is encrypted; empty: it is stored as it is. */
  readonly recipients: readonly string[];
  /** How long copies are locked there: a duration, or `classes`; absent: they are not. */
  readonly retain?: string;
  /** When data moves to which storage class of the store; absent: never. */
  readonly archive?: NonNullable<LifecycleRule["transitions"]>;
  /** What the store does by itself; absent: nothing. */
  readonly lifecycle?: {
    read(): Promise<readonly LifecycleRule[]>;
    write(rules: readonly LifecycleRule[]): Promise<void>;
    retrieval?(storageClass: string): Promise<string | undefined>;
  };
  /** How the store calls its locks: `compliance` is one that nobody lifts. */
  readonly lockMode?: string;
  /** How an object is named to people: `offsite:20260124-143000/logs.json`. */
  shown(object: string): string;
  /** Every object whose name begins with this, by name. @param isWanted the others are not held; default: all are wanted @throws PluginError */
  list(prefix: string, isWanted?: (name: string) => boolean): Promise<ReadonlyMap<string, StoredObject>>;
  /** `undefined` when no object has that name. @throws PluginError */
  stat(object: string): Promise<StoredObject | undefined>;
  /** The bytes of a range, all of them. @param into where they are put; as long as the range @throws PluginError, also when more or fewer come */
  fetch(object: string, range: ByteRange, into?: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of an object's first bytes, so many. @throws PluginError, also when it has fewer */
  hash(object: string, bytes: number): Promise<string>;
  /** See {@link Store.write}. @param object makes it anew for each attempt @throws PluginError */
  write(object: () => NewObject): Promise<"written" | "there already">;
  /** See {@link Store.remove}. */
  remove(object: string): Promise<void>;
  /** See {@link Store.retainUntil}. Where it is, an object that is asked for by its name says until when it is locked. */
  retainUntil?(object: string, until: bigint): Promise<void>;
  /** See {@link requireOnlyIfAbsent}. */
  proveOnlyIfAbsent(below: string): Promise<void>;
}

interface PlaceOptions {
  readonly signal: AbortSignal;
  /** Calls at once, at most. */
  readonly concurrency: number;
  /** Default: none. */
  readonly recipients?: readonly string[];
  readonly retain?: string | undefined;
  readonly lockMode?: string | undefined;
  readonly archive?: Place["archive"] | undefined;
  readonly tuning?: Partial<Tuning>;
  /** How many objects a listing may have. */
  readonly listedMax?: number;
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
  const isTagged = options.archive !== undefined && store.lifecycle !== undefined;
  const tagged = (object: NewObject): NewObject =>
    isTagged && isData(object.name) ? { ...object, tags: DATA_TAG } : object;
  return {
    name,
    limit,
    recipients,
    ...given({ retain: options.retain, lockMode: options.lockMode, archive: options.archive }),
    ...given({ lifecycle: lifecycleOf(store, limit) }),
    shown: (object) => `${name}${name.includes("/") || name.startsWith(".") ? "/" : ":"}${object}`,
    list: (prefix, isWanted) =>
      limit.call((own) => listed(store, { prefix, isWanted, listedMax: options.listedMax }, own)),
    stat: (object) => limit.call((own) => store.stat(object, own)),
    fetch: (object, range, into) => limit.call((own) => fetched(store, { object, range, into }, own)),
    hash: (object, bytes) => limit.call((own) => hashed(store, object, bytes, own)),
    write: (object) => limit.call((own) => store.write(tagged(object()), own)),
    remove: (object) => limit.call((own) => store.remove(object, own)),
    ...(store.retainUntil === undefined
      ? {}
      : {
          retainUntil: (object: string, until: bigint) =>
            limit.call(async (own) => store.retainUntil?.(object, until, own)),
        }),
    proveOnlyIfAbsent: (below) => limit.call((own) => requireOnlyIfAbsent(store, own, below)),
  };
}

function lifecycleOf({ lifecycle }: Store, limit: ConcurrencyLimit): Place["lifecycle"] {
  if (lifecycle === undefined) return undefined;
  const { retrieval } = lifecycle;
  return {
    read: () => limit.call((own) => lifecycle.read(own)),
    write: (rules) => limit.call((own) => lifecycle.write(rules, own)),
    ...(retrieval === undefined
      ? {}
      : { retrieval: (storageClass) => limit.call((own) => retrieval(storageClass, own)) }),
  };
}

/** More than any place has: whoever lists so many never ends. */
const LISTED_MAX = 5_000_000;

interface Listing {
  readonly prefix: string;
  readonly isWanted: ((name: string) => boolean) | undefined;
  readonly listedMax: number | undefined;
}

/** What has a name that no object may have is none: nothing may be read, and above all removed, by such a name. */
async function listed(
  store: Store,
  { prefix, isWanted = () => true, listedMax = LISTED_MAX }: Listing,
  signal: AbortSignal,
): Promise<Map<string, StoredObject>> {
  using _memory = watchMemory();
  const found = new Map<string, StoredObject>();
  let came = 0;
  for await (const object of store.list(prefix, signal)) {
    signal.throwIfAborted();
    came += 1;
    if (came > listedMax)
      throw new PluginError("invalid", `its listing does not end: more than ${listedMax} objects came`);
    const { name } = object;
    if (name.startsWith(prefix) && isObjectName(name) && isWanted(name)) found.set(name, object);
  }
  return found;
}

/** So much of pieces that were copied may lie about. Bytes */
const RELIEVED_EVERY = 16 << 20;

interface Fetch {
  readonly object: string;
  readonly range: ByteRange;
  readonly into: Uint8Array | undefined;
}

async function fetched(
  store: Store,
  { object, range, into }: Fetch,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = into ?? Buffer.allocUnsafeSlow(range.to - range.from);
  let [filled, relieved] = [0, 0];
  for await (const piece of store.read(object, range, signal)) {
    // An attempt that was given up writes nothing more where another one writes by now.
    signal.throwIfAborted();
    if (filled + piece.length > bytes.length) throw unlike(object, "more");
    bytes.set(piece, filled);
    filled += piece.length;
    if (filled - relieved < RELIEVED_EVERY) continue;
    // From a disk they come faster than a timer would.
    relieveNow();
    relieved = filled;
  }
  if (filled < bytes.length) throw unlike(object, "fewer");
  return bytes;
}

/** A connection that was cut looks like this, too. */
const unlike = (object: string, amount: string): PluginError =>
  new PluginError("temporary", `of ${object} came ${amount} bytes than were asked for`);

async function hashed(store: Store, object: string, bytes: number, signal: AbortSignal): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  let came = 0;
  for await (const piece of bytes === 0 ? [] : store.read(object, { from: 0, to: bytes }, signal)) {
    came += piece.length;
    if (came > bytes) throw unlike(object, "more");
    hasher.update(piece);
  }
  if (came < bytes) throw unlike(object, "fewer");
  return hasher.digest("hex");
}

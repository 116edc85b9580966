/** A place that keeps named objects of bytes: a directory, a bucket. Snapshots are copied there. */

/**
 * Objects by name. What it says is there is there whole: an object that was only half written is never listed, and never read.
 *
 * A name has 1 to 900 bytes of UTF-8 and parts between single slashes; no part is empty, `.` or `..`, and none has a control
 * character or a backslash. A store keeps every such name exactly as it is, upper and lower case and all, or throws `invalid`
 * when it is to be written. It throws `invalid` for every other name, so that nothing leaves the place that it stands for.
 *
 * Every method heeds its signal and throws PluginError: `temporary` (429, 5xx, a cut connection), `refused` (no permission, a lock
 * on the object, a disk that is full), `not-found`, `invalid` (a name, a checksum that does not fit).
 */
export interface Store {
  /**
   * Every object whose name begins with `prefix`, each once, in any order, however many there are; only the newest version of
   * each. An object that comes or goes meanwhile may be among them or not.
   * @param prefix any beginning of a name, also in the middle of a part; empty: all
   */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** What is known of one object; `undefined` when there is none of that name. */
  stat(name: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * The object's bytes in pieces, or those of a range of it, which lies within the object. @throws PluginError, with the first
   * piece: `not-found`; `invalid` for a range that leaves the object; `refused`, with a hint, for an object that is cold
   */
  read(name: string, range: ByteRange | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Writes an object whole, or nothing: it is there, and durable, when this resolves. One of the same name is replaced, unless
   * `ifAbsent` is said: then of many who write it at once exactly one does, and the others are told `there already`. A store
   * that cannot promise that throws `refused` for `ifAbsent`.
   * @throws PluginError `invalid` when the bytes are not as many as `size`, or do not fit `sha256`: then nothing was written
   */
  write(object: NewObject, signal: AbortSignal): Promise<"written" | "there already">;
  /**
   * Removes the object with every version of it that the place has kept, and what an interrupted write has left of it. That there
   * is none is no error. @throws PluginError `refused`, saying until when, where a lock holds it: nothing of it is removed then
   */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Nobody can remove or replace the object before then, ns since the epoch. An earlier time than it has is `refused`. */
  retainUntil?(name: string, until: bigint, signal: AbortSignal): Promise<void>;
  readonly lifecycle?: StoreLifecycle;
}

/** What a store knows of an object without reading it. */
export interface StoredObject {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, ns since the epoch, by the place's clock. */
  readonly modified: bigint;
  /** Of all its bytes, lower-case hex; absent where the place does not keep it. */
  readonly sha256?: string;
  /** Until when a lock holds it, ns since the epoch. */
  readonly retainedUntil?: bigint;
  /** True when it has to be brought back from an archive before it can be read. */
  readonly isCold?: boolean;
}

/** Bytes of an object, half-open, from 0 on; `from` is less than `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An object that is to be written. */
export interface NewObject {
  readonly name: string;
  /** Bytes, known before. */
  readonly size: number;
  /** Of all its bytes, lower-case hex: what comes is compared with it, by the place itself where it can. */
  readonly sha256: string;
  /** The bytes in pieces of any length. They can be read once: a write that failed is called again with others. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly ifAbsent?: boolean;
  /** As {@link Store.retainUntil}, from the moment it is there. Only where the store has that. */
  readonly retainUntil?: bigint;
  /** Short words by name, which lifecycle rules go by. Only where the store has `lifecycle`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What the place does with objects by itself as they grow older. Rules of others stay as they are. */
export interface StoreLifecycle {
  /** Our own rules, as they are in force. */
  read(signal: AbortSignal): Promise<readonly LifecycleRule[]>;
  /** Puts these in the place of our own rules; none: ours are removed. */
  write(rules: readonly LifecycleRule[], signal: AbortSignal): Promise<void>;
}

/** What happens to some of the objects, so long after they were written. Times in ns. */
export interface LifecycleRule {
  /** Names the rule among ours: lower-case letters, digits and dashes. */
  readonly id: string;
  /** Beginning of the names that it is about; empty: all. */
  readonly prefix: string;
  /** Only objects that have these tags. */
  readonly tags?: Readonly<Record<string, string>>;
  /** To a cheaper storage class, by the place's own name for it. */
  readonly transitions?: readonly { readonly after: bigint; readonly storageClass: string }[];
  /** What was uploaded in part and never finished is removed. */
  readonly abandonedUploadsAfter?: bigint;
  /** Versions that are not the newest are removed. */
  readonly noncurrentAfter?: bigint;
}

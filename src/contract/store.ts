/** A place that keeps named objects of bytes: a directory, a bucket. Snapshots are copied there. */

/**
 * Objects by name. An object is visible only once it is complete: a half-written one is never listed and never read.
 *
 * A name is 1 to 900 bytes of UTF-8 in parts separated by single slashes; no part is empty, `.` or `..`, and none contains a
 * control character or a backslash. A store keeps every such name exactly, including its case, or throws `invalid` when asked
 * to write it. For every other name it throws `invalid`, so that nothing escapes the place it stands for.
 *
 * Every method obeys its signal and throws PluginError: `temporary` (429, 5xx, a dropped connection), `refused` (no permission,
 * a locked object, a full disk), `not-found`, `invalid` (a bad name, a checksum mismatch).
 */
export interface Store {
  /**
   * Every object whose name begins with `prefix`: each once, in any order, however many there are, and only its newest version.
   * An object that appears or disappears meanwhile may or may not be listed.
   * @param prefix the beginning of a name, which may end within a part; empty: all
   */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** What is known about one object; `undefined` when no object has that name. */
  stat(name: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * The bytes of the object, or of a range within it, in pieces. @throws PluginError, with the first piece: `not-found`;
   * `invalid` for a range beyond the object; `refused`, with a hint, for an object in cold storage
   */
  read(name: string, range: ByteRange | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Writes a whole object, or nothing. Once this resolves, the object is there and durable. An existing object is replaced,
   * unless `ifAbsent` is set: then of many simultaneous writers exactly one succeeds, and the others get `there already`. A
   * store that cannot promise that throws `refused` for `ifAbsent`.
   * @throws PluginError `invalid` when the bytes do not match `size` or `sha256`; then nothing was written
   */
  write(object: NewObject, signal: AbortSignal): Promise<"written" | "there already">;
  /**
   * Removes the object with all its versions, and anything left by an interrupted write. Removing an object that does not exist
   * is not an error. @throws PluginError `refused`, saying until when, if a lock protects it; then nothing is removed
   */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Protects the object from removal and replacement until this time, ns since the epoch. Shortening the time is `refused`. */
  retainUntil?(name: string, until: bigint, signal: AbortSignal): Promise<void>;
  readonly lifecycle?: StoreLifecycle;
}

/** What a store knows about an object without reading it. */
export interface StoredObject {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, ns since the epoch, by the store's clock. */
  readonly modified: bigint;
  /** SHA-256 of the whole object, lower-case hex. Absent if the store does not keep it. */
  readonly sha256?: string;
  /** When its lock ends, ns since the epoch. */
  readonly retainedUntil?: bigint;
  /** True when it must be retrieved from an archive before it can be read. */
  readonly isCold?: boolean;
}

/** A byte range of an object, half-open, starting at 0; `from` is less than `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An object to write. */
export interface NewObject {
  readonly name: string;
  /** Bytes, known in advance. */
  readonly size: number;
  /** SHA-256 of the whole object, lower-case hex. The bytes are checked against it, by the store itself if it can. */
  readonly sha256: string;
  /**
   * The bytes, in pieces of any length. They can be read once: a retry comes with a new iterable. Whoever gives `next` a buffer
   * may get the next piece as a beginning of it, which saves a copy.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** True: `bytes` end with an error unless they match `size` and `sha256`, so a store need not hash them again. */
  readonly isChecked?: boolean;
  readonly ifAbsent?: boolean;
  /** As {@link Store.retainUntil}, from the moment the object exists. Only if the store has that method. */
  readonly retainUntil?: bigint;
  /** Short words by name, for lifecycle rules to match. Only if the store has `lifecycle`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What the store does by itself to ageing objects. Other people's rules stay unchanged. */
export interface StoreLifecycle {
  /** Our own rules, as they are in force. */
  read(signal: AbortSignal): Promise<readonly LifecycleRule[]>;
  /** Replaces our own rules with these; an empty list removes them. */
  write(rules: readonly LifecycleRule[], signal: AbortSignal): Promise<void>;
  /**
   * How long it takes until what lies in that storage class can be read, in words for people, as `3 to 5 hours`; `undefined`: no
   * time at all. Without this method nobody knows.
   */
  retrieval?(storageClass: string, signal: AbortSignal): Promise<string | undefined>;
}

/** What happens to some objects some time after they were written. Times in ns. */
export interface LifecycleRule {
  /** Identifies the rule among ours: lower-case letters, digits and dashes. */
  readonly id: string;
  /** Prefix of the object names that the rule applies to; empty: all. */
  readonly prefix: string;
  /** Applies only to objects with these tags. */
  readonly tags?: Readonly<Record<string, string>>;
  /** To a cheaper storage class, by the store's own name for it. */
  readonly transitions?: readonly { readonly after: bigint; readonly storageClass: string }[];
  /** Removes uploads that were never finished. */
  readonly abandonedUploadsAfter?: bigint;
  /** Removes versions that are not the newest. */
  readonly noncurrentAfter?: bigint;
}

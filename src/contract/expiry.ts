/** How a backend lets go of data that is older than its class is kept. */
import type { Counts } from "./values.ts";

/** Which data is past its time. */
export interface ExpireRequest {
  /** Only data with a time before this, ns since the epoch. */
  readonly before: bigint;
  /** Only what this selector matches, in the backend's own language. Absent: everything. */
  readonly match?: string;
  /**
   * Selectors of data that stays, however old it is: it is held, or kept longer. A server that cannot leave it out deletes nothing,
   * and the reason says so.
   */
  readonly except?: readonly string[];
  /**
   * What a verified snapshot holds of it. Where the backend has other records of that time by now, it lets go of none of them.
   * Absent: the user's policy says that it need not be kept.
   */
  readonly saved?: SavedBefore;
  /**
   * It moves into an archive from which it can be put back beside what stays. A backend whose exports hold more than records of that time,
   * such as a whole file, lets go of nothing: put back, that would take the place of what stays.
   */
  readonly moves?: true;
}

/** What is saved of data that is to go. */
export interface SavedBefore {
  /** In the units of {@link Expirable.counts}. */
  readonly counts: Counts;
  /**
   * The SHA-256, in hex, of all lines of each data file, as the export named it ({@link LineRecords.file}) and in the order in which it
   * wrote them. A backend that would write others by now lets go of nothing. Absent: they are not known.
   */
  readonly lines?: ReadonlyMap<string, string>;
  /** The snapshot, by its name, the SHA-256 of its manifest, and the place where it lies, if it is a copy. */
  readonly snapshot: { readonly name: string; readonly sha256: string; readonly place?: string };
}

/** What is past its time. */
export interface Expirable {
  /** How much, by unit. All zero, or empty: nothing. */
  readonly counts: Counts;
  /** Time of the oldest of it, ns. */
  readonly oldest?: bigint;
  /** One sentence: why this server cannot let go of it, and the setting that would let it. Absent: it can. */
  readonly impossible?: string;
}

/** What became of it. */
export interface ExpireAnswer {
  /**
   * - `expired`: nothing of it is left where the backend keeps data.
   * - `owed`: accepted but not done yet: the server deletes it later. The same request may be repeated to ask how it stands.
   * - `impossible`: this server can never let go of it. The reason says why, and what would help.
   */
  readonly state: "expired" | "owed" | "impossible";
  /** How much is gone or accepted, in the units of {@link Expirable.counts}. */
  readonly counts: Counts;
  /** One sentence. Required unless the state is `expired`. */
  readonly reason?: string;
  /** Owed, and what was {@link ExpireRequest.saved} is not what it has of that time any more: only another snapshot helps. */
  readonly isOutdated?: true;
  /** When owed data should be gone, ns since the epoch. */
  readonly due?: bigint;
}

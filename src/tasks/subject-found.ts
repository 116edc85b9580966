/** What is known of one person's data: where it is, how much, and what of it can be erased. */
import type { Found } from "../contract/contract.ts";
import type { FoundInFile } from "../retention/subjects/in-snapshot.ts";
import type { Range } from "../units/range.ts";
import type { EverySnapshot } from "./everywhere.ts";
import type { StaysOf } from "./subject-stays.ts";

/** Where data is: on a server, in a snapshot here, in a copy elsewhere, in the log of runs, in the audit trail. */
export const FOUND_SOURCES = ["server", "snapshot", "copy", "activity", "trail"] as const;
/** One of {@link FOUND_SOURCES}. */
export type FoundSource = (typeof FOUND_SOURCES)[number];

/** Some of the data, in one place. It has the identifier nowhere. */
export interface FoundPart {
  readonly source: FoundSource;
  /** The backend's name; the snapshot's; `PLACE:NAME` of a copy; where the log of runs and the trail lie. */
  readonly name: string;
  /** Whose data it is; absent where that is said already, or of none. */
  readonly backend?: string;
  readonly unit: string;
  readonly count: number;
  /** In words. */
  readonly where: string;
  readonly range?: Range;
  /** Why it stays; absent: it can be erased. */
  readonly stays?: string;
  /** A hold is why: it goes once that ends. */
  readonly isHeld?: true;
}

/** Something that could not be looked through, so that it is not known whether it holds any. */
export interface Unsearched {
  readonly source: FoundSource;
  readonly name: string;
  readonly reason: string;
  /** It is what a snapshot was before an erasure: it goes when that is gone on with. */
  readonly isStale?: true;
}

/** What a server has, and how its backend finds it again. */
export interface FoundOnServer {
  readonly backend: string;
  readonly found: readonly Found[];
}

/** A snapshot that can be read. */
export type ReadSnapshot = EverySnapshot & Required<Pick<EverySnapshot, "kept">>;

/** What a snapshot has. */
export interface FoundInKept {
  readonly one: ReadSnapshot;
  readonly files: readonly FoundInFile[];
  /** Records within files of bytes, that the backend which wrote them knows how to edit. */
  readonly stored: readonly FoundStored[];
  /** Lines of its index and its manifest that have the identifier. */
  readonly mentions: number;
}

/** Records within one file of bytes. */
export interface FoundStored extends Pick<Found, "unit" | "count" | "where"> {
  readonly backend: string;
  readonly file: string;
}

/** Everything that was found. */
export interface Search {
  readonly servers: readonly FoundOnServer[];
  readonly kept: readonly FoundInKept[];
  /** Ids of runs. */
  readonly runs: readonly string[];
  /** Events of the trail that have the identifier in clear. */
  readonly events: number;
  readonly parts: readonly FoundPart[];
  /** Why some of it stays. */
  readonly stays: StaysOf;
  readonly unsearched: readonly Unsearched[];
  /** The manifests of all snapshots that were looked through, found or not. */
  readonly looked: ReadonlySet<string>;
}

/** How many records can be erased: what is typed to agree. */
export const erasable = (parts: readonly FoundPart[]): number =>
  parts.reduce((sum, { count, stays }) => (stays === undefined ? sum + count : sum), 0);

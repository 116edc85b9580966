/** What is to leave a snapshot, and how that is known. */
import type { Counts } from "../../contract/contract.ts";
import type { FileKind } from "../format/file-totals.ts";
import type { LineRecord } from "../format/line-format.ts";
import type { Manifest, TakenOut } from "../format/manifest.ts";

/** A file of a snapshot, as it is asked about. */
export interface FileAsked {
  /** The backend's name. */
  readonly plugin: string;
  /** The data file as its plugin names it, or the object's path. */
  readonly file: string;
  readonly kind: FileKind;
}

/** What of a snapshot goes. Everything else stays as it is, byte for byte where nothing in its block goes. */
export interface Rewriting {
  /** Backends that go as a whole, by name. */
  readonly without?: readonly string[];
  /** Whether a record goes; of an object all of it is the record. Default: none does. */
  readonly isGone?: (of: FileAsked, record: LineRecord) => boolean;
  /**
   * Whether a block may hold anything that goes, by its line in the index, from 1: others are not read for it. Whoever has found the
   * records knows. Default: each may.
   */
  readonly isConcerned?: (line: number) => boolean;
  /**
   * Takes what goes out of a file of bytes, such as a database, where it lies unpacked. What it leaves at that path is the file.
   * @returns how many records are gone, by unit or not; 0, or nothing: the file is as it was
   */
  readonly bytes?: (of: FileAsked, path: string) => Promise<number | Counts>;
  /**
   * The text without what must not be read in it any more: of cursors, problems, notes, selectors and names of files. A text that
   * has nothing of that stays the same. Default: all of them stay.
   */
  readonly blot?: (text: string) => string;
  /** Why, and by which event of the trail. */
  readonly erased: Pick<TakenOut, "at" | "event" | "why">;
}

/** What has left a snapshot. */
export interface Removed {
  /** By unit. */
  readonly counts: Counts;
  /** The same, by backend. */
  readonly backends: ReadonlyMap<string, Counts>;
}

/** A snapshot written anew. */
export interface Successor {
  readonly manifest: Manifest;
  readonly removed: Removed;
  /** Names of parts of the manifest that still hold what `blot` takes out, since a snapshot is found by them: `loki.url`. */
  readonly remains: readonly string[];
  /** Whether a file was written anew, by its name; the others are the very same, or were copied as they are. */
  readonly isRewritten: (file: string) => boolean;
}

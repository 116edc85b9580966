/** How a backend finds and erases records in the files of bytes that its own export wrote: a database, a dump. */
import type { Json } from "../units/json.ts";
import type { FindRequest } from "./erasure.ts";
import type { Counts } from "./values.ts";

/** A file of bytes of a snapshot, unpacked on this machine's disk in a directory of its own. */
export interface UnpackedFile {
  /** As the export named it ({@link ByteRecords.file}). */
  readonly file: string;
  /** Where it lies. Other files may be made beside it; only this one is left when the hook has ended. */
  readonly path: string;
}

/** A record in such a file. */
export interface StoredRecord {
  /** The unit of `count`: `rows`, `keys`. */
  readonly unit: string;
  /** How many it counts as, mostly 1. */
  readonly count: number;
  /** Where it is, in words, without the identifier: `the table orders`. */
  readonly where: string;
  /**
   * What the record says, as text, JSON where it has members: equal for an equal record of every file, and different otherwise. By it a
   * record that was erased is known again in an older snapshot, and a person is given what is held of them.
   */
  readonly content: string;
  /** The backend's own reference to the record within this very file, plain JSON. The file is edited by it. */
  readonly reference: Json;
}

/** What was erased from a file. */
export interface StoredErasure {
  /** How many records are gone, by unit, together with those that go with them by the file's own rules. Empty: the file is unchanged. */
  readonly counts: Counts;
}

/**
 * Records within files of bytes. Every method reads or edits the unpacked file alone: it asks no server, and works while that is gone.
 * It throws PluginError `invalid` when the file is damaged or none of its own, and obeys its signal within a second.
 */
export interface StoredData {
  /** Finds one person's records, each once, and changes nothing. The identifier matches as in {@link Backend.find}. */
  find(file: UnpackedFile, request: FindRequest, signal: AbortSignal): AsyncIterable<StoredRecord>;
  /** Yields every record. */
  records(file: UnpackedFile, signal: AbortSignal): AsyncIterable<StoredRecord>;
  /**
   * Edits the file in place: the records are gone, no byte of them is left in it, and every other record is as it was. All of them go, or
   * it throws and the file is unchanged. A reference to what is not there any more is no error.
   */
  erase(file: UnpackedFile, references: readonly Json[], signal: AbortSignal): Promise<StoredErasure>;
}

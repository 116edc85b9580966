/** How a backend finds and erases the data of one person. */
import type { Json } from "../units/json.ts";
import type { Range } from "../units/range.ts";

/** Whose data to look for, and where it can be. */
export interface FindRequest {
  /** The identifier exactly as it stands in the data, never a pattern. It must not appear in any message, log or name. */
  readonly id: string;
  /**
   * Where the identifier appears, in the backend's own language, with `{id}` as its placeholder (`{app="shop"} |= "{id}"`). The
   * backend escapes the identifier, so that it matches literally.
   */
  readonly where: string;
  /** Only data from this range. Default: all. */
  readonly range?: Range;
}

/** Some of that person's data, in one place. */
export interface Found {
  /** The unit of `count`: `entries`, `rows`, `keys`. */
  readonly unit: string;
  readonly count: number;
  /** Where it is, in words, without the identifier: `the stream {app="shop"}`, `the table orders`. */
  readonly where: string;
  /** The time range of the data, half-open, ns. Absent when the data has no time. */
  readonly range?: Range;
  /**
   * The backend's own reference to the data, plain JSON. The data is erased by it, perhaps days later and in another process.
   */
  readonly reference: Json;
}

/** What to erase: only things that {@link Backend.find} has yielded. */
export interface EraseRequest {
  readonly id: string;
  readonly found: readonly Found[];
}

/** One outcome for each requested item, in the same order. */
export interface EraseAnswer {
  readonly outcomes: readonly ErasureOutcome[];
}

/** What happened to one item. */
export interface ErasureOutcome {
  /**
   * - `erased`: nothing of it is left where the backend keeps data.
   * - `owed`: accepted but not done yet: the server deletes it later, or could not be reached. `erase` is called again with the
   *   same reference to ask how it stands. If the server already hides such data, `find` no longer finds it.
   * - `impossible`: this server can never erase it. The reason says why, and what would help.
   */
  readonly state: "erased" | "owed" | "impossible";
  /** How many, in the unit that `find` used. */
  readonly count: number;
  /** One sentence, without the identifier. Required unless the state is `erased`. */
  readonly reason?: string;
  /** When owed data should be gone, ns since the epoch. */
  readonly due?: bigint;
}

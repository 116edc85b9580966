/** What a backend does with the data of one person: it finds it, and erases what was found. */
import type { Json } from "../units/json.ts";
import type { Range } from "../units/range.ts";

/** Whose data is looked for, and where such data is. */
export interface FindRequest {
  /** The identifier, as it stands in the data: never a pattern. It appears in no message, log or name. */
  readonly id: string;
  /**
   * Where it shows up, in the backend's own language, with `{id}` for the identifier (`{app="shop"} |= "{id}"`). The backend
   * writes the identifier into it so that it means itself and nothing else.
   */
  readonly where: string;
  /** Only data from this time. Default: all. */
  readonly range?: Range;
}

/** Some data of that person, in one place. */
export interface Found {
  /** What it counts as: `entries`, `rows`, `keys`. */
  readonly unit: string;
  readonly count: number;
  /** Where it is, for people, without the identifier: `the stream {app="shop"}`, `the table orders`. */
  readonly where: string;
  /** The times of the data, half-open, ns; absent where it has none. */
  readonly range?: Range;
  /** The backend's own word for it, plain JSON, by which it is erased: perhaps days later, in another process. */
  readonly reference: Json;
}

/** What is to be erased: things that {@link Backend.find} has yielded, and nothing else. */
export interface EraseRequest {
  readonly id: string;
  readonly found: readonly Found[];
}

/** What became of them, in the order of the request. */
export interface EraseAnswer {
  readonly outcomes: readonly ErasureOutcome[];
}

/** What became of one thing that was found. */
export interface ErasureOutcome {
  /**
   * - `erased`: nothing of it is left where the backend keeps data.
   * - `owed`: it is agreed to and not done: the server deletes it later, or could not be reached. `erase` is called again with
   *   the same reference, and then says how it stands. What is owed is not found any more where the server filters it already.
   * - `impossible`: this server does not erase it, whatever is asked; the reason says why, and what would.
   */
  readonly state: "erased" | "owed" | "impossible";
  /** How many of it, in the unit that it was found in. */
  readonly count: number;
  /** One sentence, without the identifier; of what is not `erased` always there. */
  readonly reason?: string;
  /** When what is owed should be done, ns since the epoch. */
  readonly due?: bigint;
}

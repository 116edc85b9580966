/** The cursors that are named and not done. The newest are taken first, so that few wait at any time. */
import type { Cursor } from "../contract/contract.ts";
import { cursorNotBefore, cursorRange } from "../snapshot/format/cursor-range.ts";
import { createKeySet } from "../snapshot/format/key-set.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import type { Range } from "../units/range.ts";

/** A cursor that waits, with its share of the whole work. */
export interface Pending {
  readonly cursor: Cursor;
  /** 0 to 1; the shares of all cursors and of what is done add up to 1. */
  readonly weight: number;
  /** The part of the time line that it is about: its own, or that of the cursor that named it. */
  readonly range: Range | undefined;
  /** It may be run from then on, by the server's clock. ns; absent: at any time */
  readonly notBefore?: bigint;
  /** Whose part it is, where a cursor failed in this run and was split. */
  readonly part?: Part;
}

/** A part of a cursor that failed. */
export interface Part {
  readonly family: Family;
  /** How many were split one after another until there was this one. */
  readonly depth: number;
}

/** The parts of a cursor that failed, and theirs: some fail, too. */
export interface Family {
  /** How many have failed since one has not. */
  failures: number;
}

/** The cursors that are known and not done, with what is done of the whole, 0 to 1. */
export interface Frontier {
  /** The cursors of the first step, which have all the work among them. */
  begin(first: readonly Cursor[], range: Range): void;
  /** Further cursors that no step named, when all else is done: they have no share of the work. */
  extend(more: readonly Cursor[], range: Range): void;
  /** The next cursor to run. @param now by the server's clock, ns; absent: also one that may not be run yet */
  take(now?: bigint): Pending | undefined;
  /** How long until one may be run, ns; 0: one may now. `undefined`: none waits. */
  dueIn(now: bigint): bigint | undefined;
  /** A cursor is done: the part `done` of its share is credited, `next` have the rest among them. */
  finish(pending: Pending, next: readonly Cursor[], done: number): void;
  /** A cursor that failed is done, and `parts` have its share among them. */
  split(pending: Pending, parts: readonly Cursor[], as: Part): void;
  /** Puts a cursor back that was taken and not done. */
  putBack(pending: Pending): void;
  /** Takes a cursor that an earlier run has done, wherever it waits. */
  takeDone(cursor: Cursor): Pending | undefined;
  /** How many wait. */
  readonly size: number;
  /** The share of the work that is done, 0 to 1. */
  readonly done: number;
}

/** An empty frontier. A cursor that is named twice is run once. */
export function createFrontier(): Frontier {
  const named = createKeySet();
  const stack: Pending[] = [];
  // Those that may not be run yet, the earliest first.
  const aside: Pending[] = [];
  const taken = new Set<Pending>();
  let waitingByKey: Map<string, Pending> | undefined = new Map();
  let done = 0;

  const push = (cursors: readonly Cursor[], share: number, range: Range | undefined, part?: Part): void => {
    const fresh = cursors
      .map((cursor) => ({ cursor, key: canonicalJson(cursor) }))
      .filter(({ key }) => named.add(key));
    if (fresh.length === 0) done += share;
    for (const { cursor, key } of fresh.reverse()) {
      const pending = {
        cursor,
        weight: share / fresh.length,
        range: cursorRange(cursor) ?? range,
        ...waitOf(cursor),
        ...(part === undefined ? {} : { part }),
      };
      add(pending);
      waitingByKey?.set(key, pending);
    }
  };

  const add = (pending: Pending): void => {
    if (pending.notBefore === undefined) stack.push(pending);
    else {
      aside.push(pending);
      aside.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
    }
  };

  /** Those taken out of order lie in the stack until they come to its top. */
  const dropTaken = (): void => {
    for (let top = stack.at(-1); top !== undefined && taken.delete(top); top = stack.at(-1)) stack.pop();
  };

  return {
    begin: (first, range) => push(first, 1, range),
    extend: (more, range) => push(more, 0, range),
    take(now) {
      // From the first live step on, nothing is taken by its key any more.
      waitingByKey = undefined;
      const [earliest] = aside;
      if (earliest !== undefined && (now === undefined || timeOf(earliest) <= now)) return aside.shift();
      dropTaken();
      return stack.pop();
    },
    dueIn(now) {
      if (stack.length > taken.size) return 0n;
      const [earliest] = aside;
      if (earliest === undefined) return undefined;
      return timeOf(earliest) > now ? timeOf(earliest) - now : 0n;
    },
    finish({ weight, range }, next, part) {
      const credited = next.length === 0 ? weight : weight * Math.min(Math.max(part, 0), 1);
      done += credited;
      if (next.length > 0) push(next, weight - credited, range);
    },
    split: ({ weight, range }, parts, as) => push(parts, weight, range, as),
    putBack: add,
    takeDone(cursor) {
      const key = canonicalJson(cursor);
      const pending = waitingByKey?.get(key);
      if (pending === undefined) return undefined;
      waitingByKey?.delete(key);
      const index = aside.indexOf(pending);
      if (index >= 0) aside.splice(index, 1);
      else taken.add(pending);
      dropTaken();
      return pending;
    },
    get size() {
      return stack.length - taken.size + aside.length;
    },
    get done() {
      return Math.min(done, 1);
    },
  };
}

const timeOf = ({ notBefore = 0n }: Pending): bigint => notBefore;

function waitOf(cursor: Cursor): Pick<Pending, "notBefore"> {
  const notBefore = cursorNotBefore(cursor);
  return notBefore === undefined ? {} : { notBefore };
}

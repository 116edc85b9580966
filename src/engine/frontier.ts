/** The cursors that are known but not done. The newest are taken first, so that few are waiting at any time. */
import type { Cursor } from "../contract/contract.ts";
import { cursorNotBefore, cursorRange } from "../contract/cursor-range.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { given } from "../units/given.ts";
import { createKeySet } from "../units/key-set.ts";
import type { Range } from "../units/range.ts";

/** A waiting cursor, with its share of the whole work. */
export interface Pending {
  readonly cursor: Cursor;
  /** 0 to 1; the shares of all cursors and of what is done add up to 1. */
  readonly weight: number;
  /** The part of the time line that it covers: its own, or that of the cursor that named it. */
  readonly range: Range | undefined;
  /** Earliest time to run it, by the server's clock, ns; absent: at any time */
  readonly notBefore?: bigint;
  /** The failed cursor that this is a part of, if one was split in this run. */
  readonly part?: SplitPart;
}

/** A part of a cursor that failed. */
export interface SplitPart {
  readonly family: Family;
  /** How many splits led to this one. */
  readonly depth: number;
  /** How many of them were of steps that took too long. */
  readonly timeouts: number;
}

/** The parts of a failed cursor, and their parts: some fail, too. */
interface Family {
  /** Number of failures since the last success. */
  failures: number;
}

/** The cursors that are known but not done, and the completed share of the whole, 0 to 1. */
export interface Frontier {
  /** Adds the cursors of the first step, which share all the work. */
  begin(first: readonly Cursor[], range: Range): void;
  /** Adds cursors that no step named, after everything else: they have no share of the work. */
  extend(more: readonly Cursor[], range: Range): void;
  /** The next cursor to run. @param now by the server's clock, ns; absent: include cursors that may not run yet */
  take(now?: bigint): Pending | undefined;
  /** Time until one may run, ns; 0: one may run now. `undefined`: none is waiting. */
  dueIn(now: bigint): bigint | undefined;
  /** Marks a cursor as done: `done` of its share is credited, and `next` share the rest. */
  finish(pending: Pending, next: readonly Cursor[], done: number): void;
  /** Marks a failed cursor as done; `parts` share its share. */
  split(pending: Pending, parts: readonly Cursor[], as: SplitPart): void;
  /** Puts back a cursor that was taken but not done. */
  putBack(pending: Pending): void;
  /** Takes a cursor that an earlier run has done, wherever it is waiting. */
  takeDone(cursor: Cursor): Pending | undefined;
  /** How many are waiting. */
  readonly size: number;
  /** The share of the work that is done, 0 to 1. */
  readonly done: number;
}

/** An empty frontier. A cursor that is named twice runs once. */
export function createFrontier(): Frontier {
  const named = createKeySet();
  const stack: Pending[] = [];
  // Cursors that may not run yet, earliest first.
  const aside: Pending[] = [];
  const taken = new Set<Pending>();
  let waitingByKey: Map<string, Pending> | undefined = new Map();
  let done = 0;

  const push = (
    cursors: readonly Cursor[],
    share: number,
    range: Range | undefined,
    part?: SplitPart,
  ): void => {
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
        ...given({ part }),
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

  /** Cursors taken out of order stay in the stack until they reach its top. */
  const dropTaken = (): void => {
    for (let top = stack.at(-1); top !== undefined && taken.delete(top); top = stack.at(-1)) stack.pop();
  };

  return {
    begin: (first, range) => push(first, 1, range),
    extend: (more, range) => push(more, 0, range),
    take(now) {
      // From the first live step on, nothing is taken by key any more.
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
  return given({ notBefore });
}

/** Counts what a server can count: a count that fails for good is split by its plugin until what is left has a name. */
import type { Backend, CountRequest, CountSplit, Counts } from "../contract/contract.ts";
import { isOfThisCall } from "../contract/errors.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import type { Uncounted } from "./uncounted.ts";

/** What a server counts, and what it could not. */
export interface Counted {
  readonly counts: Counts;
  /** Empty: everything was counted. */
  readonly uncounted: readonly Uncounted[];
}

/** How a server is called: with all the effort that a call is worth, or as a part of what has just failed. */
interface Calls {
  call<Result>(hook: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** @param timeouts how often what it is a part of took too long */
  callPart<Result>(hook: (signal: AbortSignal) => Promise<Result>, timeouts?: number): Promise<Result>;
}

/** What is counted, by whom, and how it is called. */
interface CounterOptions extends Calls {
  readonly backend: Pick<Backend, "count" | "splitCount">;
  readonly match?: string | undefined;
}

/**
 * Counts a range. `undefined`: the server cannot say.
 * @param isBad something of it is known to be unreadable, so its count is not worth many attempts
 * @throws the server's error when nothing of it can be counted; the signal's reason
 */
export type Counter = (range: Range, isBad?: boolean) => Promise<Counted | undefined>;

/** So many failures with nothing between them that was there and countable: the cause is not single records, so nothing is split any further. */
const FAILURES_MAX = 64;
/** A failure that took all its time weighs as much as so many others. */
const TIMEOUT_WEIGHT = 8;
const DEPTH_MAX = 100;

/** A request, and how it came about. */
interface Asked {
  readonly request: CountRequest;
  readonly depth: number;
  readonly timeouts: number;
}

/** The parts of one count so far. */
interface Division {
  readonly counts: Record<string, number>;
  readonly uncounted: Uncounted[];
  /** The requests that were not split. */
  readonly asked: Asked[];
  /** How many of them the server has counted; of the others it could not say, or failed. */
  counted: number;
  unsaid: number;
  /** Failures since something was counted. */
  failures: number;
}

/** A counter that remembers which ranges had to be split: when one is counted again, its parts are asked for at once. */
export function createCounter({ backend, match, call, callPart }: CounterOptions): Counter {
  const divided = new Map<string, readonly Asked[]>();
  const count = async (request: CountRequest, signal: AbortSignal) => backend.count?.(request, signal);

  const countPart = async (one: Asked, division: Division): Promise<void> => {
    try {
      const counts = await callPart((signal) => count(one.request, signal), one.timeouts);
      keep(one, counts, division);
    } catch (error) {
      await divide(one, error, division);
    }
  };
  const divide = async (one: Asked, error: unknown, division: Division): Promise<void> => {
    if (!isOfThisCall(error)) throw error;
    const { request, depth, timeouts } = one;
    division.failures += error.timedOut ? TIMEOUT_WEIGHT : 1;
    // A count that cannot be split, even because of a plugin defect, is missing for its original reason.
    const { requests = [], items = [] } = await partsOf(request).catch((): CountSplit => ({}));
    if (requests.length === 0 || division.failures > FAILURES_MAX || depth >= DEPTH_MAX) {
      division.asked.push(one);
      division.uncounted.push({ range: request.range, items, reason: messageOf(error) });
      return;
    }
    const part = { depth: depth + 1, timeouts: timeouts + (error.timedOut ? 1 : 0) };
    for (const next of requests) await countPart({ request: next, ...part }, division);
  };
  const partsOf = async (request: CountRequest): Promise<CountSplit> => {
    const split = await callPart(async (signal) => (await backend.splitCount?.(request, signal)) ?? {});
    return isSound(split, request) ? split : given({ items: split.items });
  };
  const inParts = async (range: Range, ask: (division: Division) => Promise<void>) => {
    const division = emptyDivision();
    await ask(division);
    if (division.asked.length > 1) divided.set(keyOf(range), division.asked);
    return division;
  };

  return async (range, isBad = false) => {
    const known = divided.get(keyOf(range));
    const whole = { request: { range, ...given({ match }) }, depth: 0, timeouts: 0 };
    let failure: unknown;
    const { counted, unsaid, counts, uncounted } = await inParts(range, async (division) => {
      if (known !== undefined) for (const one of known) await countPart(one, division);
      else
        try {
          keep(whole, await (isBad ? callPart : call)((signal) => count(whole.request, signal)), division);
        } catch (error) {
          failure = error;
          await divide(whole, error, division);
        }
    });
    if (counted + unsaid === 0) throw failure ?? new Error(uncounted[0]?.reason);
    return unsaid > 0 ? undefined : { counts, uncounted };
  };
}

const emptyDivision = (): Division => ({
  counts: {},
  uncounted: [],
  asked: [],
  counted: 0,
  unsaid: 0,
  failures: 0,
});

function keep(one: Asked, counts: Counts | undefined, division: Division): void {
  division.asked.push(one);
  if (Object.values(counts ?? {}).some((number) => number > 0)) division.failures = 0;
  if (counts === undefined) division.unsaid += 1;
  else division.counted += 1;
  addCounts(division.counts, counts ?? {});
}

/** At least two parts, none of which is the whole again or reaches beyond it. */
function isSound({ requests = [] }: CountSplit, whole: CountRequest): boolean {
  const { from, to } = whole.range;
  const isInside = ({ range, match }: CountRequest): boolean =>
    range.from >= from && range.to <= to && range.from < range.to && match === whole.match;
  return requests.length >= 2 && requests.every((one) => isInside(one) && !Bun.deepEquals(one, whole));
}

const keyOf = ({ from, to }: Range): string => `${from} ${to}`;

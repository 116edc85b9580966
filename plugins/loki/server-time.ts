/** The time by Loki's own clock, which says where its border lies; a proxy's Date need not be Loki's. */
import { NS_PER_SECOND, PluginError, v } from "contextcore";
import type { Api } from "./api.ts";
import { askedOnce } from "./at-once.ts";

export interface ServerTime {
  /** Asks for it, unless it was asked for lately. */
  refresh(signal: AbortSignal): Promise<void>;
  /** ns */
  now(): bigint;
  /** By how much that may be wrong. ns */
  readonly error: bigint;
  /** The same moment by the clock that the engine goes by. ns */
  toEngine(time: bigint): bigint;
}

/** What a clock says that is not asked: up to five seconds of difference count as none, and a Date is cut to the second. ns */
const UNASKED = 6n * NS_PER_SECOND;

/** Hosts that keep time differ by less, and so do the parts of one server. ns */
const BETWEEN_HOSTS = NS_PER_SECOND;

/** ns */
const REFRESHED = 60n * NS_PER_SECOND;

/** @param clock the engine's: the server's by what the headers of its answers say. ns */
export function createServerTime(api: Pick<Api, "http">, clock: () => bigint): ServerTime {
  let ahead = 0n;
  let error = UNASKED;
  let heard: bigint | undefined;
  const ask = askedOnce(async (signal) => {
    const asked = clock();
    const theirs = await askTime(api, signal);
    const answered = clock();
    heard = answered;
    const slack = (answered - asked) / 2n + BETWEEN_HOSTS;
    const isKnown = theirs !== undefined && slack < UNASKED;
    ahead = isKnown ? theirs - (asked + answered) / 2n : 0n;
    error = isKnown ? slack : UNASKED;
  });
  return {
    async refresh(signal) {
      if (heard === undefined || clock() - heard >= REFRESHED) await ask(signal);
    },
    now: () => clock() + ahead,
    get error() {
      return error;
    },
    toEngine: (time) => time - ahead,
  };
}

const answer = v.object({
  data: v.object({ result: v.tuple([v.object({ value: v.tuple([v.number(), v.string()]) })]) }),
});

/** An instant query without a time is one at Loki's now, and the answer has it to the millisecond. `undefined`: it does not say. */
async function askTime({ http }: Pick<Api, "http">, signal: AbortSignal): Promise<bigint | undefined> {
  try {
    const query = { query: "vector(1)" };
    const { data } = await http.json(answer, { path: "/loki/api/v1/query", query, signal });
    return BigInt(Math.round(data.result[0].value[0] * 1_000)) * 1_000_000n;
  } catch (error) {
    // It costs a longer wait and nothing else: what cannot do without an answer asks for its own.
    if (error instanceof PluginError) return undefined;
    throw error;
  }
}

/** The time by Loki's own clock, which determines its border; a proxy's Date need not be Loki's. */
import { NS_PER_SECOND, PluginError, singleFlight, v } from "contextcore";
import type { Api } from "./api.ts";

interface ServerTime {
  /** Asks for it, unless that was done recently. */
  refresh(signal: AbortSignal): Promise<void>;
  /** ns */
  now(): bigint;
  /** Possible error, ns. */
  readonly error: bigint;
  /** The same moment by the engine's clock, ns. */
  toEngine(time: bigint): bigint;
}

/**
 * Uncertainty of the clock without asking: the engine ignores up to five seconds of difference, and a Date is cut to the
 * second. ns
 */
const UNASKED = 6n * NS_PER_SECOND;

/** Synchronised hosts differ by less, and so do the parts of one server. ns */
const BETWEEN_HOSTS = NS_PER_SECOND;

/** ns */
const REFRESHED = 60n * NS_PER_SECOND;

/** @param clock the engine's: the server's, by the headers of its answers. ns */
export function createServerTime(api: Pick<Api, "http">, clock: () => bigint): ServerTime {
  let ahead = 0n;
  let error = UNASKED;
  let heard: bigint | undefined;
  const ask = singleFlight(async (signal) => {
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

/**
 * An instant query without a time is evaluated at Loki's now, and its answer says when, to the millisecond. `undefined`: it
 * does not say.
 */
async function askTime({ http }: Pick<Api, "http">, signal: AbortSignal): Promise<bigint | undefined> {
  try {
    const query = { query: "vector(1)" };
    const { data } = await http.json(answer, { path: "/loki/api/v1/query", query, signal });
    return BigInt(Math.round(data.result[0].value[0] * 1_000)) * 1_000_000n;
  } catch (error) {
    // This only costs a longer wait: callers that need an answer ask for their own.
    if (error instanceof PluginError) return undefined;
    throw error;
  }
}

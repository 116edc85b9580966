/** A server's clock, derived from the Date header of its answers (RFC 9110 §6.6.1, whole seconds). */
import { SKEW_MAX_MS } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";

interface ServerClock {
  /** Records an answer. @param askedMs when it was requested, ms by our clock */
  heard(headers: Headers, askedMs: number): void;
  /** Now, by the server's clock if it is known to differ from ours. ns since the epoch */
  now(): bigint;
}

/** Server time minus ours, from an answer's Date, and its possible error. */
interface Skew {
  readonly ms: number;
  readonly slackMs: number;
}

/** @param local our own clock, ms since the epoch */
export function createServerClock(local: () => number = Date.now): ServerClock {
  let best: Skew | undefined;
  return {
    heard(headers, askedMs) {
      const skew = skewFrom(headers, askedMs, local());
      // The quickest answer is the most precise: a slow one's Date may be from its beginning or its end.
      if (skew !== undefined && (best === undefined || skew.slackMs <= best.slackMs)) best = skew;
    },
    now() {
      const { ms, slackMs } = best ?? { ms: 0, slackMs: 0 };
      return fromMs(Math.abs(ms) > SKEW_MAX_MS + slackMs ? local() + ms : local());
    },
  };
}

/** `undefined` when the server does not say, or a cache stored the answer. */
function skewFrom(headers: Headers, askedMs: number, answeredMs: number): Skew | undefined {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs) || headers.has("age")) return undefined;
  // The header is cut to the second, so half a second is added as the best guess.
  return { ms: theirs + 500 - (askedMs + answeredMs) / 2, slackMs: (answeredMs - askedMs) / 2 };
}

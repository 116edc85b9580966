/** A step that cannot be read is split, until what remains is one thing that the server does not give: that is named. */
import type { Cursor, Exporter } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { Pending } from "../engine/frontier.ts";
import { patiently } from "../engine/patiently.ts";
import { isOverload, type RetryPolicy } from "../engine/retry.ts";
import type { Tuning } from "../engine/tuning.ts";
import { checkSplit, checkWaits } from "../snapshot/write/check-cursors.ts";
import { StepRefused } from "../snapshot/write/step.ts";

/** What became of a cursor whose step failed for good. */
export interface Divided {
  /** What is to be run in its place; none: it is lost. */
  readonly parts: readonly Cursor[];
  /** What it is called when it is lost, in words. */
  readonly items: readonly string[];
}

/** Splits the cursors of one backend that fail. */
export interface Splitter {
  /** @param cursor the plugin's own, whose step ended with this error */
  divide(cursor: Cursor, error: unknown, pending: Pending): Promise<Divided>;
  /** A step came through. */
  succeeded(): void;
}

/** What a splitter is made from. */
export interface SplitterOptions {
  readonly exporter: Exporter;
  readonly limit: ConcurrencyLimit;
  /** By the server's clock, ns. */
  readonly now: () => bigint;
  readonly tuning: Tuning;
  readonly signal: AbortSignal;
}

/** Halving a day down to a nanosecond is half of it. */
const SPLITS_MAX = 100;
/** So many failures with nothing that can be read between them are not of single records: what then fails is not split. */
const FAILURES_MAX = 1_000;

/** The splitter of one backend. */
export function createSplitter({ exporter, limit, now, tuning, signal }: SplitterOptions): Splitter {
  let failures = 0;
  const parts = async (cursor: Cursor): Promise<Divided> => {
    const { split } = exporter;
    if (split === undefined) return { parts: [], items: named(cursor) };
    // That it can be split does not say that the server can be read.
    const ask = () => limit.callOnce((inner) => split.call(exporter, cursor, inner), signal);
    const answer = await patiently(ask, signal, tuning.retry);
    const divided = checkSplit(cursor, answer);
    checkWaits("cursors", divided, now());
    const items = answer.items ?? [];
    return { parts: divided, items: items.length > 0 ? items : named(cursor) };
  };
  return {
    async divide(cursor, error, { splits = 0 }) {
      failures += 1;
      const isHopeless = splits >= SPLITS_MAX || failures > FAILURES_MAX || !isOfItsOwn(error);
      if (isHopeless) return { parts: [], items: named(cursor) };
      // One that cannot be split, be it for a defect of the plugin, is lost for the reason that it had.
      const divided = await parts(cursor).catch(() => ({ parts: [], items: named(cursor) }));
      if (divided.parts.length > 0 && isKind(error, "temporary")) limit.pardon();
      return divided;
    },
    succeeded() {
      failures = 0;
    },
  };
}

/** Whether less of it may succeed: not where the server is away, has too much to do, or refuses whatever is asked. */
function isOfItsOwn(error: unknown): boolean {
  if (error instanceof StepRefused) return false;
  if (isKind(error, "refused", "not-found")) return false;
  return !isOverload(error) && !(isKind(error, "temporary") && error.absent);
}

/** A part of what has just failed as often as it was tried is not tried as often again. */
export const retryOf = ({ splits }: Pending, retry: RetryPolicy): RetryPolicy =>
  splits === undefined ? retry : { ...retry, attempts: Math.min(2, retry.attempts), attemptsTimedOut: 1 };

const WORDS_MAX = 200;

/** A cursor in words, where its plugin has none for it: `stream 4, page 2`. Its times are the problem's range. */
function named(cursor: Cursor): readonly string[] {
  const words = Object.entries(cursor).flatMap(([name, value]) =>
    ["from", "to", "notBefore"].includes(name) || typeof value === "object" ? [] : [`${name} ${value}`],
  );
  return words.length === 0 ? [] : [words.sort().join(", ").slice(0, WORDS_MAX)];
}

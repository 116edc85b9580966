/** A step that cannot be read is split, until what remains is one thing that the server does not give: that is named. */
import type { Cursor, Exporter, Split } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { Part, Pending } from "../engine/frontier.ts";
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
  /** What the parts are parts of. */
  readonly as: Part;
}

/** Splits the cursors of one backend that fail. */
export interface Splitter {
  /** @param cursor the plugin's own, whose step ended with this error */
  divide(cursor: Cursor, error: unknown, pending: Pending): Promise<Divided>;
  /** A step came through and brought something. */
  succeeded(pending: Pending): void;
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

/**
 * So many failures of its parts, with nothing that can be read between them, are not of single records, but of all that lies
 * there: from then on it is only split coarsely. Halving an hour down to a nanosecond is 42 of them.
 */
const FAILURES_MAX = 300;
/** Splits one after another. */
const COARSE = 8;
const DEPTH_MAX = 100;

/** The splitter of one backend. */
export function createSplitter({ exporter, limit, now, tuning, signal }: SplitterOptions): Splitter {
  const split = async (cursor: Cursor): Promise<Omit<Divided, "as">> => {
    if (exporter.split === undefined) return { parts: [], items: named(cursor) };
    // That it can be split does not say that the server can be read.
    const ask = () =>
      limit.callOnce(async (inner): Promise<Split> => (await exporter.split?.(cursor, inner)) ?? {}, signal);
    const answer = await patiently(ask, signal, tuning.retry);
    const parts = checkSplit(cursor, answer);
    checkWaits("cursors", parts, now());
    return { parts, items: answer.items?.length ? answer.items : named(cursor) };
  };
  return {
    async divide(cursor, error, { part = { family: { failures: 0 }, depth: 0 } }) {
      const { family, depth } = part;
      const as = { family, depth: depth + 1 };
      family.failures += 1;
      const lost = { parts: [], items: named(cursor) };
      if (!isOfItsOwn(error)) return { ...lost, as };
      // One that cannot be split, be it for a defect of the plugin, is lost for the reason that it had.
      const { parts, items } = await split(cursor).catch(() => lost);
      const isEnough = depth >= (family.failures > FAILURES_MAX ? COARSE : DEPTH_MAX);
      if (parts.length === 0 || isEnough) return { parts: [], items, as };
      if (isKind(error, "temporary")) limit.pardon();
      return { parts, items, as };
    },
    succeeded({ part }) {
      if (part !== undefined) part.family.failures = 0;
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
export const retryOf = ({ part }: Pending, retry: RetryPolicy): RetryPolicy =>
  part === undefined ? retry : { ...retry, attempts: Math.min(2, retry.attempts), attemptsTimedOut: 1 };

const WORDS_MAX = 200;

/** A cursor in words, where its plugin has none for it: `stream 4, page 2`. Its times are the problem's range. */
function named(cursor: Cursor): readonly string[] {
  const words = Object.entries(cursor).flatMap(([name, value]) =>
    ["from", "to", "notBefore"].includes(name) || typeof value === "object" ? [] : [`${name} ${value}`],
  );
  return words.length === 0 ? [] : [words.sort().join(", ").slice(0, WORDS_MAX)];
}

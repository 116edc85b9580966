/** Splits a step that cannot be read until a single unreadable item remains, which is named. */
import type { Cursor, Split } from "../contract/contract.ts";
import { isFault, isKind, isOfThisCall, PluginError } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { type Effort, fullEffort, partEffort } from "../engine/effort.ts";
import type { Pending, SplitPart } from "../engine/frontier.ts";
import { patiently } from "../engine/patiently.ts";
import type { Tuning } from "../engine/tuning.ts";
import { checkSplit, checkWaits } from "../snapshot/write/check-cursors.ts";
import { StepRefused } from "../snapshot/write/step.ts";
import type { StepSource } from "./whole/step-source.ts";

/** What became of a cursor whose step failed for good. */
interface Divided {
  /** What to run instead; empty: it is lost. */
  readonly parts: readonly Cursor[];
  /** Its name in words if it is lost. */
  readonly items: readonly string[];
  /** What the parts are parts of. */
  readonly as: SplitPart;
}

/** Splits one backend's failing cursors. */
export interface Splitter {
  /** @param cursor the plugin's own, whose step ended with this error */
  divide(cursor: Cursor, error: unknown, pending: Pending): Promise<Divided>;
  /** A step succeeded and yielded something. */
  succeeded(pending: Pending): void;
}

/** What a splitter is made from. */
interface SplitterOptions {
  readonly source: Pick<StepSource, "exporter" | "now">;
  readonly limit: ConcurrencyLimit;
  readonly tuning: Tuning;
  readonly signal: AbortSignal;
}

/**
 * After this many failures of its parts with nothing readable between them, the cause is not single records but everything
 * there: from then on it is only split coarsely. Halving an hour down to a nanosecond takes 42 splits.
 */
const FAILURES_MAX = 300;
/** Splits one after another. */
const COARSE = 8;
const DEPTH_MAX = 100;
/** So many losses in a row, and the server is given up as if it did not answer at all. */
const LOST_IN_A_ROW_MAX = 100;

/** The splitter of one backend. */
export function createSplitter({ source, limit, tuning, signal }: SplitterOptions): Splitter {
  const { exporter, now } = source;
  const split = async (cursor: Cursor): Promise<Omit<Divided, "as">> => {
    if (exporter.split === undefined) return { parts: [], items: named(cursor) };
    // A successful split does not prove that the server can be read.
    const ask = () =>
      limit.callOnce(async (inner): Promise<Split> => (await exporter.split?.(cursor, inner)) ?? {}, signal);
    const answer = await patiently(ask, signal, tuning.retry);
    const parts = checkSplit(cursor, answer);
    checkWaits("cursors", parts, now());
    return { parts, items: answer.items?.length ? answer.items : named(cursor) };
  };
  let hasYielded = false;
  let lostInARow = 0;
  /** A server that gives other things may fail at many in a row, such as all dashboards of a folder. */
  const pardonLoss = (error: unknown): void => {
    lostInARow += 1;
    if (hasYielded && isFault(error) && lostInARow < LOST_IN_A_ROW_MAX) limit.pardon();
  };
  return {
    async divide(cursor, error, { part = { family: { failures: 0 }, depth: 0, timeouts: 0 } }) {
      const { family, depth, timeouts } = part;
      const isSlow = error instanceof PluginError && error.timedOut;
      const as = { family, depth: depth + 1, timeouts: timeouts + (isSlow ? 1 : 0) };
      family.failures += 1;
      const lost = { parts: [], items: named(cursor) };
      if (!isOfItsOwn(error)) return { ...lost, as };
      // A cursor that cannot be split, even because of a plugin defect, is lost for its original reason.
      const { parts, items } = await split(cursor).catch(() => lost);
      const isEnough = depth >= (family.failures > FAILURES_MAX ? COARSE : DEPTH_MAX);
      if (parts.length === 0 || isEnough) {
        pardonLoss(error);
        return { parts: [], items, as };
      }
      if (isKind(error, "temporary")) limit.pardon();
      return { parts, items, as };
    },
    succeeded({ part }) {
      hasYielded = true;
      lostInARow = 0;
      if (part !== undefined) part.family.failures = 0;
    },
  };
}

/** Whether less work may succeed: not if the server is absent, overloaded, or refuses everything. */
const isOfItsOwn = (error: unknown): boolean =>
  error instanceof PluginError ? isOfThisCall(error) : !(error instanceof StepRefused);

/** What running a cursor is worth. */
export const effortOf = ({ part }: Pending, tuning: Tuning): Effort =>
  part === undefined ? fullEffort(tuning) : partEffort(tuning, part.timeouts);

const WORDS_MAX = 200;

/** A cursor in words, if its plugin has none for it: `stream 4, page 2`. Its times are the problem's range. */
function named(cursor: Cursor): readonly string[] {
  const words = Object.entries(cursor).flatMap(([name, value]) =>
    ["from", "to", "notBefore"].includes(name) || typeof value === "object" ? [] : [`${name} ${value}`],
  );
  return words.length === 0 ? [] : [words.sort().join(", ").slice(0, WORDS_MAX)];
}

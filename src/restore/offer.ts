/** Offers lines to a server. A batch that it fails at is divided until what is left is one record, which counts as refused. */
import type { Rejected, RestoreAnswer, RestoreBatch } from "../contract/contract.ts";
import { isOfThisCall } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { formatOf } from "../snapshot/format/formats.ts";
import { keepRecords } from "../snapshot/format/keep-records.ts";
import { recordsOf } from "../snapshot/format/record-keys.ts";
import { messageOf } from "../units/message-of.ts";

/** How lines get to a server. */
interface OfferOptions {
  readonly file: string;
  readonly limit: Pick<ConcurrencyLimit, "call" | "callPart">;
  /** Further attempts get the same batch: a plugin may remember how far it got with it. */
  readonly apply: (batch: RestoreBatch, signal: AbortSignal) => Promise<RestoreAnswer>;
  readonly batchOf: (lines: readonly string[]) => RestoreBatch;
}

/** What became of a batch. */
interface Offered {
  /** The server's answers, and what it failed at as refused. */
  readonly answers: readonly RestoreAnswer[];
  /** Why the server took nothing at all: nobody knows yet whether that is due to these lines. */
  readonly failure?: unknown;
}

/** So many failures with nothing taken between them: the cause is not single records, so nothing is divided any further. */
const FAILURES_MAX = 64;
/** A failure that took all its time weighs as much as so many others. */
const TIMEOUT_WEIGHT = 8;

/** @throws the server's error when it is absent, refuses everything, or asks to wait for too long; the signal's reason */
export async function offerLines(all: readonly string[], options: OfferOptions): Promise<Offered> {
  const { file, limit, apply, batchOf } = options;
  const answers: RestoreAnswer[] = [];
  const refused: Rejected[] = [];
  let failures = 0;
  let failure: unknown;

  const offer = async (lines: readonly string[], call: typeof limit.call, timeouts: number) => {
    const batch = batchOf(lines);
    try {
      answers.push(await call((signal) => apply(batch, signal)));
      failures = 0;
    } catch (error) {
      if (!isOfThisCall(error)) throw error;
      failure ??= error;
      failures += error.timedOut ? TIMEOUT_WEIGHT : 1;
      await divide(lines, error, timeouts + (error.timedOut ? 1 : 0));
    }
  };
  const divide = async (lines: readonly string[], error: unknown, timeouts: number): Promise<void> => {
    const parts = failures > FAILURES_MAX ? undefined : halvesOf(file, lines);
    if (parts === undefined) refused.push(...lines.map((line) => ({ line, reason: messageOf(error) })));
    for (const part of parts ?? []) await offer(part, (hook) => limit.callPart(hook, timeouts), timeouts);
  };

  await offer(all, limit.call, 0);
  if (failure === undefined) return { answers };
  const answer = { written: {}, rejected: refused };
  return answers.some(isTaken) ? { answers: [...answers, answer] } : { answers: [answer], failure };
}

/** The server has written something, knew it, or said what is wrong with it. */
const isTaken = ({ written, existing = {}, differing = [], rejected = [] }: RestoreAnswer): boolean =>
  differing.length + rejected.length > 0 ||
  [...Object.values(written), ...Object.values(existing)].some((count) => count > 0);

type Halves = readonly [readonly string[], readonly string[]];

/** Half of the lines each; of one line half of its records; `undefined`: it is one record, or an object. */
function halvesOf(file: string, lines: readonly string[]): Halves | undefined {
  const [line = "", ...others] = lines;
  const middle = lines.length >> 1;
  if (others.length > 0) return [lines.slice(0, middle), lines.slice(middle)];
  // A line that cannot be parsed is refused for what is wrong with it.
  try {
    return halvesOfLine(file, line);
  } catch {
    return undefined;
  }
}

/** A trace is divided as well: its parts are known by their spans. */
function halvesOfLine(file: string, line: string): Halves | undefined {
  if (formatOf(file)?.keep === undefined) return undefined;
  const middle = Array.from(recordsOf(file, JSON.parse(line))).length >> 1;
  if (middle === 0) return undefined;
  const where = (isKept: (index: number) => boolean): string[] => {
    let index = 0;
    return [keepRecords(file, line, () => isKept(index++)) ?? ""];
  };
  return [where((index) => index < middle), where((index) => index >= middle)];
}

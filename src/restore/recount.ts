/** After a restore: what the server now holds, window by window, compared with the snapshot. */

import type { Counts } from "../contract/contract.ts";
import { patiently } from "../engine/patiently.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import type { ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import type { LostBlock } from "./lost.ts";
import type { RestoreTarget } from "./plan.ts";

export interface Recount {
  readonly range: Range;
  readonly saved: Counts;
  /** Absent: the server could not say. */
  readonly server?: Counts;
  /** Why the count failed although the server can count: the restore is then unproven. */
  readonly failure?: string;
  /** Units of which the server holds fewer than the snapshot without its damaged blocks. */
  readonly short: readonly string[];
}

export interface RecountOptions {
  readonly signal: AbortSignal;
  /** New data can be invisible for a while: counts are repeated for this long in all before it counts as missing. ms */
  readonly settleMs: number;
  readonly pauseMs: number;
  readonly retry?: RetryPolicy;
  /** Damaged blocks, which will not appear. */
  readonly lost?: readonly LostBlock[];
}

/** After this many failed counts the rest is skipped: each failure has cost all its retries. */
const FAILURES_MAX = 3;

/** Counts the windows that were restored whole. A restore of a part, or by selector, cannot be counted this way. @throws the signal's reason only */
export async function recount(target: RestoreTarget, options: RecountOptions): Promise<Recount[]> {
  if (target.matcher !== undefined) return [];
  const inside = target.saved.windows.filter((one) => isInside(rangeFromText(one), target.range));
  const counted: Recount[] = [];
  const deadline = Date.now() + options.settleMs;
  for (const window of inside.filter(({ server }) => server !== undefined)) {
    const failed = counted.filter(({ failure }) => failure !== undefined);
    const last = failed.length < FAILURES_MAX ? undefined : failed.at(-1)?.failure;
    if (last === undefined) counted.push(await countUntilThere(target, window, deadline, options));
    else counted.push(uncounted(window, last));
  }
  return counted;
}

const uncounted = (window: ManifestWindow, failure: string): Recount => ({
  range: rangeFromText(window),
  saved: window.read,
  short: [],
  failure,
});

const isInside = (inner: Range, outer: Range): boolean => inner.from >= outer.from && inner.to <= outer.to;

async function countUntilThere(
  target: RestoreTarget,
  window: ManifestWindow,
  deadline: number,
  options: RecountOptions,
): Promise<Recount> {
  const { signal, pauseMs } = options;
  const range = rangeFromText(window);
  const expected = countsWithout(window, options.lost ?? []);
  for (;;) {
    const answer = await countPatiently(target, range, options);
    if (answer.failure !== undefined) return uncounted(window, answer.failure);
    const { server } = answer;
    if (server === undefined) return { range, saved: window.read, short: [] };
    const short = Object.keys(server).filter((unit) => (server[unit] ?? 0) < (expected[unit] ?? 0));
    if (short.length === 0 || Date.now() >= deadline) return { range, saved: window.read, server, short };
    await sleep(pauseMs, signal);
  }
}

/** What of a window can be there when these blocks were not written. */
function countsWithout(window: ManifestWindow, lost: readonly LostBlock[]): Counts {
  const whole = rangeFromText(window);
  const inside = lost.filter(({ block }) => block.window === undefined || isInside(block.window, whole));
  const expected = { ...window.read };
  for (const { block } of inside)
    for (const [unit, count] of Object.entries(block.counts))
      expected[unit] = Math.max(0, (expected[unit] ?? 0) - count);
  return expected;
}

interface Answer {
  readonly server?: Counts;
  readonly failure?: string;
}

/** Retries temporary failures. A permanent failure is a result too, since the data is already written. */
async function countPatiently(
  { open }: RestoreTarget,
  range: Range,
  { signal, retry }: RecountOptions,
): Promise<Answer> {
  try {
    const server = await patiently(async () => open.backend.count?.({ range }, signal), signal, retry);
    return given({ server });
  } catch (error) {
    signal.throwIfAborted();
    return { failure: messageOf(error) };
  }
}

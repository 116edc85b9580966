/** Compares what a snapshot says with what the server holds now. */

import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { OpenBackend } from "../host/open.ts";
import { type CountAnswer, countWindows, unitDifferences } from "../reconcile/count.ts";
import { type SavedQuestion, savedQuestions } from "../reconcile/saved.ts";
import { countsIn } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";

/**
 * - `expired`: the server has fewer, in a window that its retention has reached.
 * - `late`: the server has more: data that arrived after the export.
 * - `differs`: the server has fewer, and retention does not explain it.
 */
export type LiveVerdict = "expired" | "late" | "differs";

export interface LiveDifference {
  readonly plugin: string;
  readonly range: Range;
  readonly unit: string;
  readonly saved: number;
  readonly server: number;
  readonly verdict: LiveVerdict;
}

export interface LiveReport {
  readonly plugin: string;
  /** Windows that the server counted again. */
  readonly counted: number;
  readonly differences: readonly LiveDifference[];
  /** Windows that the server should have counted but did not. */
  readonly failed: number;
  /** Why, of the last one. */
  readonly failure?: string;
}

export interface LiveOptions {
  readonly now: bigint;
  readonly signal: AbortSignal;
  /** Calls the backend's hooks, retrying temporary failures. */
  readonly call: ConcurrencyLimit["call"];
}

/** Counts every window again that the server could count when it was saved. @throws the signal's reason, or what the server says when it gives no inventory */
export async function compareLive(
  saved: ManifestPlugin,
  { backend }: OpenBackend,
  { now, signal, call }: LiveOptions,
): Promise<LiveReport> {
  const { retention } = await call((inner) => backend.inventory(inner));
  const border = typeof retention === "bigint" ? now - retention : undefined;
  const match = given({ match: saved.match });
  const answers = await countWindows(savedQuestions(saved.windows).map(withCounted), {
    async ask({ range, counted }) {
      const server = await call(async (inner) => backend.count?.({ range, ...match }, inner));
      return server === undefined ? undefined : countsIn(Object.keys(counted), server);
    },
  });
  signal.throwIfAborted();
  const failures = answers.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const failure = failures.at(-1);
  return {
    plugin: saved.name,
    counted: answers.filter(({ server }) => server !== undefined).length,
    differences: answers.flatMap((one) => differencesOf(saved.name, one, border)),
    failed: failures.length,
    ...given({ failure }),
  };
}

/** What the export did not count itself is compared with what the server counted then. */
const withCounted = (question: SavedQuestion): SavedQuestion => ({
  ...question,
  read: { ...question.counted, ...question.read },
});

function differencesOf(plugin: string, answer: CountAnswer, border: bigint | undefined): LiveDifference[] {
  const { range, read } = answer.question;
  const isLeaving = border !== undefined && range.from < border;
  return unitDifferences(answer).map(({ unit, more }) => {
    const saved = read[unit] ?? 0;
    const verdict = more > 0 ? "late" : isLeaving ? "expired" : "differs";
    return { plugin, range, unit, saved, server: saved + more, verdict };
  });
}

/** Compares what a snapshot says with what the server holds now. */

import type { Counts } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import type { ManifestPlugin, ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
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

/** After this many failed counts the rest is skipped: each may have cost its whole time limit. */
const FAILURES_MAX = 3;

export interface LiveOptions {
  readonly now: bigint;
  readonly signal: AbortSignal;
  /** Asks a server, retrying temporary failures. */
  readonly patiently: <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;
}

/** Counts every window again that the server could count when it was saved. @throws the signal's reason, or what the server says when it gives no inventory */
export async function compareLive(
  saved: ManifestPlugin,
  { backend }: OpenBackend,
  { now, signal, patiently }: LiveOptions,
): Promise<LiveReport> {
  const { retention } = await patiently(() => backend.inventory(signal));
  const border = typeof retention === "bigint" ? now - retention : undefined;
  const match = given({ match: saved.match });
  const differences: LiveDifference[] = [];
  const failures: string[] = [];
  let counted = 0;
  let failed = 0;
  for (const window of saved.windows.filter((one) => one.server !== undefined)) {
    if (failures.length >= FAILURES_MAX) {
      failed += 1;
      continue;
    }
    try {
      const request = { range: rangeFromText(window), ...match };
      const server = await patiently(async () => backend.count?.(request, signal));
      if (server === undefined) continue;
      counted += 1;
      differences.push(...differencesOf(saved.name, window, server, border));
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      failures.push(messageOf(error));
    }
  }
  const failure = failures.at(-1);
  return {
    plugin: saved.name,
    counted,
    differences,
    failed,
    ...given({ failure }),
  };
}

function differencesOf(
  plugin: string,
  window: ManifestWindow,
  server: Counts,
  border: bigint | undefined,
): LiveDifference[] {
  const range = rangeFromText(window);
  const isLeaving = border !== undefined && range.from < border;
  return Object.entries(window.server ?? {}).flatMap(([unit, then]) => {
    const saved = window.read[unit] ?? then;
    const now = server[unit] ?? 0;
    if (now === saved) return [];
    const verdict = now > saved ? "late" : isLeaving ? "expired" : "differs";
    return [{ plugin, range, unit, saved, server: now, verdict }];
  });
}

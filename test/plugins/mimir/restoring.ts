/** What the tests of a restore share: an export's way back. */
import type { Harvest } from "../../../src/conformance/walk.ts";
import type { Backend, Counts, RestoreAnswer } from "../../../src/contract/contract.ts";
import { HOUR_MS, NOW_MS, never, range } from "./support.ts";

/** All that the lab's tests write, and some of its future. */
export const ALL = range(0, NOW_MS + 10 * HOUR_MS);

/** Writes an export's lines as the core does: in the order that the restorer asks for. */
export async function restore(
  backend: Backend,
  found: Harvest,
  over: { labels?: Record<string, string> } = {},
) {
  const totals = { written: {} as Record<string, number>, existing: {} as Record<string, number> };
  const rejected: NonNullable<RestoreAnswer["rejected"]>[number][] = [];
  const add = (into: Record<string, number>, counts: Counts = {}): void => {
    for (const [unit, number] of Object.entries(counts)) into[unit] = (into[unit] ?? 0) + number;
  };
  const blocks = found.blocks.filter(({ file }) => file === "metrics.json");
  const byTime = backend.restore?.order?.["metrics.json"] === "time";
  for (const { file, lines } of byTime ? blocks.toSorted((a, b) => Number(a.from - b.from)) : blocks) {
    const answer = await backend.restore?.apply({ file, lines, range: ALL, labels: {}, ...over }, never);
    add(totals.written, answer?.written);
    add(totals.existing, answer?.existing);
    rejected.push(...(answer?.rejected ?? []));
  }
  return { ...totals, rejected };
}

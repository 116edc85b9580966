/** What is gone with a stack that is destroyed now: what no snapshot holds of its backends, or nobody can know. */

import { coveredRanges } from "../snapshot/catalog/coverage.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { subtract, totalLength } from "../snapshot/format/ranges.ts";
import { formatBytes } from "../units/bytes.ts";
import { nowAt } from "../units/clock-skew.ts";
import { type Range, span, toRfc3339 } from "../units/range.ts";
import { countedUnit, countsToTell } from "../units/unit-text.ts";
import { conditionText } from "./condition.ts";
import type { Finding, Reached } from "./survey.ts";
import { isLacking, isTimeless, unsavedRanges } from "./warnings.ts";

export interface Loss {
  readonly backend: string;
  /**
   * - `unsaved`: no snapshot holds it.
   * - `unknown`: it did not say what it holds.
   * - `new`: snapshots hold all but what has just come in.
   */
  readonly kind: "unsaved" | "unknown" | "new";
  /** How much of it, from when to when: `31.5 MB, 2026-01-17 14:00 to 2026-01-24 14:30 UTC`. */
  readonly text: string;
}

/** One for each backend that would lose something. @param now by our clock, ns */
export const lossesOf = (
  findings: readonly Finding[],
  { snapshots, now }: { readonly snapshots: readonly KeptSnapshot[]; readonly now: bigint },
): Loss[] =>
  findings.flatMap((finding) => {
    const { name: backend, state } = finding;
    if (state === "reached") return lossOf(finding, snapshots, nowAt(finding.open, now));
    const text = `${conditionText(state, backend)}, so what it holds is not known`;
    return [{ backend, kind: "unknown", text }];
  });

function lossOf(finding: Reached, snapshots: readonly KeptSnapshot[], now: bigint): Loss[] {
  const { name: backend, inventory, open } = finding;
  if (isTimeless(finding))
    return isLacking(finding, snapshots) ? [{ backend, kind: "unsaved", text: wholeText(finding) }] : [];
  const { oldest, newest } = inventory;
  if (oldest === undefined || newest === undefined) return [];
  const whole = { from: oldest, to: newest + 1n };
  const lost = subtract(whole, coveredRanges(snapshots, open));
  if (lost.length === 0) return [];
  const kind = unsavedRanges(finding, snapshots, now).length === 0 ? "new" : "unsaved";
  return [{ backend, kind, text: `${amountText(finding, lost, whole)}, ${timesText(lost)}` }];
}

/** A server says how much it holds; of a part it is known how long it is, and so about how much. */
function amountText(finding: Reached, lost: readonly Range[], whole: Range): string {
  const share = Number(totalLength(lost)) / Number(whole.to - whole.from);
  if (share === 1) return wholeText(finding);
  const { size } = finding;
  return size === undefined ? "of unknown size" : `about ${formatBytes(size.bytes * share)}`;
}

const COUNTS_SHOWN = 3;

/** Dashboards are counted, and what comes in lines has a size. */
function wholeText({ inventory: { counts = {}, signals }, size }: Reached): string {
  const told = countsToTell(counts).filter(([, count]) => count > 0);
  if (signals.includes("dashboards") && told.length > 0) {
    const shown = told.slice(0, COUNTS_SHOWN).map(([unit, count]) => countedUnit(count, unit));
    return `${shown.join(", ")}${told.length > COUNTS_SHOWN ? " and more" : ""}`;
  }
  if (size === undefined) return "of unknown size";
  return `${size.isAtMost === true ? "at most " : ""}${formatBytes(size.bytes)}`;
}

/** `2026-01-17 14:00 to 2026-01-24 14:30 UTC`; of several parts the outer ends. */
function timesText(ranges: readonly Range[]): string {
  const { from, to } = ranges.reduce(span);
  const parts = ranges.length === 1 ? "" : `${ranges.length} parts from `;
  return `${parts}${minute(from)} to ${minute(to)} UTC`;
}

const minute = (ns: bigint): string => toRfc3339(ns).slice(0, 16).replace("T", " ");

/** What would be lost if the stack were destroyed now: data that no snapshot holds, or that may be unsaved. */

import { coveredRanges } from "../snapshot/catalog/coverage.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { subtract, totalLength } from "../snapshot/format/ranges.ts";
import { formatBytes } from "../units/bytes.ts";
import { nowAt } from "../units/clock-skew.ts";
import { formatDuration } from "../units/duration.ts";
import { minute, NS_PER_SECOND, type Range, span } from "../units/range.ts";
import { countedUnit, countsToTell } from "../units/unit-text.ts";
import { conditionText } from "./condition.ts";
import type { Reached, Surveyed } from "./survey.ts";
import { holdsState, holdsWhole, isLacking, isTimeless, unsavedRanges } from "./warnings.ts";

/** What one backend would lose. */
export interface Loss {
  readonly backend: string;
  /**
   * - `unsaved`: no snapshot holds it.
   * - `new`: snapshots hold everything except what has just arrived.
   * - `changed`: a snapshot holds an earlier state; nobody can know whether it has changed.
   * - `unknown`: the backend did not say what it holds.
   */
  readonly kind: "unsaved" | "new" | "changed" | "unknown";
  /** How much of it, from when to when: `31.5 MB, 2026-01-17 14:00 to 2026-01-24 14:30 UTC`. */
  readonly text: string;
}

/** `loses loki: …`, or `may lose loki: …` if nobody knows. */
export const lossText = ({ backend, kind, text }: Loss): string =>
  `${kind === "unknown" || kind === "changed" ? "may lose" : "loses"} ${backend}: ${text}`;

/** One for each backend that would lose something. @param now by our clock, ns */
export const lossesOf = (
  findings: readonly Surveyed[],
  { snapshots, now }: { readonly snapshots: readonly KeptSnapshot[]; readonly now: bigint },
): Loss[] =>
  findings.flatMap((finding) => {
    const { name: backend, state } = finding;
    if (state === "reached") return lossOf(finding, snapshots, nowAt(finding.open, now));
    const text = `${conditionText(finding)}, so what it holds is not known`;
    return [{ backend, kind: "unknown", text }];
  });

/** The loss when no backend is enabled: nothing is known. */
export const NOBODY_ASKED: Loss = {
  backend: "the whole stack",
  kind: "unknown",
  text: "no backend is enabled, so what it holds is not known",
};

function lossOf(finding: Reached, snapshots: readonly KeptSnapshot[], now: bigint): Loss[] {
  const { name: backend, inventory, open } = finding;
  const isObjects = holdsState(finding);
  const lacking = isObjects && isLacking(finding, snapshots);
  const { oldest, newest } = inventory;
  if (isTimeless(finding) && lacking) return [{ backend, kind: "unsaved", text: wholeText(finding) }];
  const changed = isObjects && !lacking ? changeOf(finding, snapshots, now) : [];
  if (oldest === undefined || newest === undefined) return changed;
  const whole = { from: oldest, to: newest + 1n };
  const lost = lacking ? [whole] : subtract(whole, coveredRanges(snapshots, open));
  if (lost.length === 0) return changed;
  const isNew = !lacking && unsavedRanges(finding, snapshots, now).length === 0;
  if (!isNew)
    return [{ backend, kind: "unsaved", text: `${amountText(finding, lost, whole)}, ${timesText(lost)}` }];
  return changed.length > 0 ? changed : [{ backend, kind: "new", text: newText(lost, now) }];
}

/** A snapshot begun within this time counts as current. ns */
const MOMENT = 60n * NS_PER_SECOND;

/** No server says when its dashboards last changed: with time, any snapshot may be outdated. */
function changeOf({ name: backend, open }: Reached, snapshots: readonly KeptSnapshot[], now: bigint): Loss[] {
  const newest = snapshots.findLast(({ manifest }) => holdsWhole(manifest, open));
  if (newest === undefined || now - createdAt(newest) <= MOMENT) return [];
  const since = minute(createdAt(newest));
  return [{ backend, kind: "changed", text: `it may have changed since ${since} UTC (newest snapshot)` }];
}

/** `what came in the last 40s`. */
function newText(lost: readonly Range[], now: bigint): string {
  const { from } = lost.reduce(span);
  const length = now > from ? now - from : 0n;
  return `what came in the last ${formatDuration((length / NS_PER_SECOND + 1n) * NS_PER_SECOND)}`;
}

/** A server reports its total size; the size of a part is estimated from its length. */
function amountText(finding: Reached, lost: readonly Range[], whole: Range): string {
  const share = Number(totalLength(lost)) / Number(whole.to - whole.from);
  if (share === 1) return wholeText(finding);
  const { size } = finding;
  return size === undefined ? "of unknown size" : `about ${formatBytes(size.bytes * share)}`;
}

const COUNTS_SHOWN = 3;

/** Dashboards are counted; data in lines has a size. */
function wholeText(finding: Reached): string {
  const { inventory, size } = finding;
  const { counts = {} } = inventory;
  const told = countsToTell(counts).filter(([, count]) => count > 0);
  if (holdsState(finding) && told.length > 0) {
    const shown = told.slice(0, COUNTS_SHOWN).map(([unit, count]) => countedUnit(count, unit));
    return `${shown.join(", ")}${told.length > COUNTS_SHOWN ? " and more" : ""}`;
  }
  if (size === undefined) return "of unknown size";
  return `${size.isAtMost === true ? "at most " : ""}${formatBytes(size.bytes)}`;
}

/** `2026-01-17 14:00 to 2026-01-24 14:30 UTC`; for several parts, the outer ends. */
function timesText(ranges: readonly Range[]): string {
  const { from, to } = ranges.reduce(span);
  const parts = ranges.length === 1 ? "" : `${ranges.length} parts from `;
  return `${parts}${minute(from)} to ${minute(to)} UTC`;
}

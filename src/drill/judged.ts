/** What the rehearsal of one backend shows. */
import type { RestoreReport } from "../restore/report.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import { given } from "../units/given.ts";
import { countedUnit } from "../units/unit-text.ts";
import { listed } from "../units/words.ts";
import { type ComparedObjects, countOf } from "../verify/compare-objects.ts";
import type { UnitDifference } from "../verify/diff-summary.ts";
import type { Rehearsal } from "./rehearse.ts";
import { type DrillVerdict, worstOf } from "./report.ts";
import type { TargetKind } from "./target-kind.ts";

/** A verdict, and why. */
interface Judged {
  readonly verdict: DrillVerdict;
  readonly reasons: string[];
}

/** What keeps a chain from being whole, however well it comes back. */
export interface Doubt {
  readonly verdict: "different" | "partial";
  readonly reason: string;
}

/** The same with what stands against its chain; where nothing was begun, that a part is missing is told and changes nothing. */
export function doubted<Found extends Judged>(found: Found, doubts: readonly Doubt[]): Found {
  const heavy = doubts.filter(({ verdict }) => verdict === "different" || found.verdict !== "owed");
  return {
    ...found,
    verdict: worstOf([found.verdict, ...heavy.map(({ verdict }) => verdict)]),
    reasons: [...found.reasons, ...doubts.map(({ reason }) => reason)],
  };
}

type Restored = RestoreReport["plugins"][number];

/** Decides by everything that was found; what is worse goes first. */
export function judge(
  { plan, target, restored, compared, back, objects }: Rehearsal,
  kind: TargetKind,
): Judged {
  const leftOut = [...plan.leftOut, ...plan.notChosen].map(({ reason }) => reason);
  if (target === undefined) return { verdict: plan.leftOut.length > 0 ? "failed" : "owed", reasons: leftOut };
  if (target.lost.length > 0)
    return { verdict: "different", reasons: target.lost.slice(0, LOST_MAX).map(lostText) };
  if (restored?.failure !== undefined) return { verdict: "failed", reasons: [restored.failure] };
  const unread = back?.saved === undefined ? [] : losses(back.saved);
  if (back?.saved?.status === "failed" || compared === undefined)
    return { verdict: "failed", reasons: unread };
  const refused = restored === undefined ? [] : refusals(restored);
  const different = differences(unitsOf({ compared, ...given({ objects }) }), restored, objects);
  if (different.length > 0) return { verdict: "different", reasons: [...different, ...refused, ...unread] };
  if (refused.length + unread.length > 0) return { verdict: "partial", reasons: [...refused, ...unread] };
  return { verdict: kind === "look-alike" ? "rehearsed" : "proved", reasons: [] };
}

const NAMED_MAX = 3;
const LOST_MAX = 100;
/** Servers' own words can be pages. Characters */
const REASON_MAX = 300;

const lostText = ({ block, number, reason }: NonNullable<Rehearsal["target"]>["lost"][number]): string =>
  `${block.file}, block ${number} of the index, is damaged: ${reason}`;

/** What could not be read back, in the words of the export. */
const losses = ({ problems }: ManifestPlugin): string[] =>
  problems
    .filter(isLoss)
    .map(
      ({ reason, items }) => `not read back: ${[reason, listed(items.slice(0, NAMED_MAX))].join(" ").trim()}`,
    );

/** Records that the target would not have, and those that no server of its kind takes back. */
function refusals({ rejected, unsupported, refusals: told = [] }: Restored): string[] {
  const why = told.map(({ reason, records }) => `${records} of them: ${reason.slice(0, REASON_MAX)}`);
  return [
    ...(rejected > 0
      ? [`${rejected === 1 ? "1 record was" : `${rejected} records were`} refused`, ...why]
      : []),
    ...(unsupported > 0
      ? [
          `${unsupported === 1 ? "1 record is" : `${unsupported} records are`} of a kind that no such server can take back`,
        ]
      : []),
  ];
}

/** What differs and is not what was refused: that much may be missing. */
function differences(
  units: readonly UnitDifference[],
  restored: Restored | undefined,
  objects: ComparedObjects | undefined,
): string[] {
  const lost = units.map((unit) => ({ ...unit, fewer: lostOf(unit, restored?.existing ?? {}, units) }));
  const may = (restored?.rejected ?? 0) + (restored?.unsupported ?? 0);
  const isExplained = lost.reduce((sum, unit) => sum + unit.fewer, 0) <= may;
  const named = (objects?.objects ?? []).filter(({ state }) => state === "differs" || !isExplained);
  return [
    ...lost.flatMap((unit) => unitDifferences(unit, isExplained)),
    ...named.map(({ name, state, what }) => `${name}: ${[STATES[state], what].filter(Boolean).join(": ")}`),
  ];
}

/**
 * The target was empty: what was there already is what the snapshots of a chain hold twice. A unit's own count explains its own
 * losses alone; what is counted by kinds, such as dashboards, explains those of objects.
 */
function lostOf(
  { unit, fewer }: UnitDifference,
  existing: Readonly<Record<string, number>>,
  units: readonly UnitDifference[],
): number {
  const isOf = (kind: string): boolean =>
    kind === unit || (unit === OBJECTS && units.every((one) => one.unit !== kind));
  const twice = Object.entries(existing).reduce((sum, [kind, count]) => sum + (isOf(kind) ? count : 0), 0);
  return Math.max(0, fewer - twice);
}

const STATES = {
  missing: "did not come back",
  differs: "came back changed",
  unknown: "could not be compared",
  equal: "came back",
} as const;

/** What was compared, by unit: objects as their backend has compared them, if it has. */
export function unitsOf({ compared, objects }: Pick<Rehearsal, "compared" | "objects">): UnitDifference[] {
  const units = compared?.units ?? [];
  if (objects === undefined) return [...units];
  const { equalCounts, missingCounts, differingCounts, unknownCounts } = objects;
  return units.map((one) =>
    one.unit === OBJECTS
      ? {
          ...one,
          both: countOf(equalCounts),
          fewer: countOf(missingCounts) + countOf(unknownCounts),
          changed: countOf(differingCounts),
        }
      : one,
  );
}

const OBJECTS = "objects";

function unitDifferences({ unit, more, fewer, changed }: UnitDifference, isExplained: boolean): string[] {
  return [
    ...(fewer > 0 && !isExplained ? [`${countedUnit(fewer, unit)} did not come back as saved`] : []),
    ...(more > 0 ? [`${countedUnit(more, unit)} came back that were not saved`] : []),
    ...(changed > 0 ? [`${countedUnit(changed, unit)} came back, but changed`] : []),
  ];
}

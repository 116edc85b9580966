/**
 * Which snapshots a policy keeps. Pure: the plan is a value that is shown, agreed to, and then carried out as it is.
 * The rules are those of `restic forget`: each keeps the newest snapshot of so many periods, and one rule is enough.
 */
import { formatDuration } from "../../units/duration.ts";
import { fromRfc3339, NS_PER_MS } from "../../units/range.ts";
import { totalLength } from "../format/ranges.ts";
import { heldOnlyBy } from "./coverage.ts";
import { type KeptSnapshot, newestComplete } from "./kept.ts";

export interface Policy {
  /** Keep the newest so many. */
  readonly last?: number;
  /** Keep all that are younger than this. ns */
  readonly within?: bigint;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Keep all that hold data of a class that is kept that long. ns by importance class */
  readonly classes?: Readonly<Partial<Record<RetentionClass, bigint>>>;
}

const YEAR = 31_536_000_000_000_000n;
const DAY = 86_400_000_000_000n;

/** How long each class of data is kept by `--keep-classes`: ns. */
export const CLASSES = {
  critical: 7n * YEAR,
  important: 3n * YEAR,
  operational: YEAR,
  transient: 30n * DAY,
} as const;
export type RetentionClass = keyof typeof CLASSES;

/** A backend's importance as a class of retention. */
const CLASS_OF = {
  critical: "critical",
  high: "important",
  medium: "operational",
  low: "transient",
} as const;

export interface Decision {
  readonly snapshot: KeptSnapshot;
  /** Why it is kept; empty: it is to be removed. */
  readonly reasons: readonly string[];
}

/** True when no rule keeps anything: such a policy is refused rather than carried out. */
export const isEmpty = (policy: Policy): boolean =>
  Object.values(policy).every((rule) => rule === undefined || rule === 0 || rule === 0n);

export interface PruneOptions {
  /** ns */
  readonly now: bigint;
  /** Also remove what no other snapshot holds. Default: such a snapshot is kept, whatever the policy says. */
  readonly allowGaps?: boolean;
}

/**
 * Decides over every snapshot, newest first. The newest complete one is kept whatever the policy says, and so is, unless gaps
 * are allowed, each that holds what no other kept one does.
 * @param snapshots oldest first
 */
export function planPrune(
  snapshots: readonly KeptSnapshot[],
  policy: Policy,
  { now, allowGaps = false }: PruneOptions,
): Decision[] {
  const decisions = byRules(snapshots, policy, now);
  return allowGaps ? decisions : keepingCoverage(decisions);
}

/** Goes through what is to be removed, newest first, and keeps what would leave a gap. */
function keepingCoverage(decisions: readonly Decision[]): Decision[] {
  const kept = decisions.filter(({ reasons }) => reasons.length > 0).map(({ snapshot }) => snapshot);
  return decisions.map((decision) => {
    if (decision.reasons.length > 0) return decision;
    const reasons = heldOnlyBy(decision.snapshot, kept).map(({ backend, ranges }) =>
      ranges.length === 0
        ? `the only one with ${backend}`
        : `the only one with ${formatDuration(totalLength(ranges))} of ${backend}`,
    );
    if (reasons.length > 0) kept.push(decision.snapshot);
    return { ...decision, reasons };
  });
}

function byRules(snapshots: readonly KeptSnapshot[], policy: Policy, now: bigint): Decision[] {
  const newestFirst = snapshots.toReversed();
  const lastComplete = newestComplete(snapshots);
  const rules = [...periodRules(policy), ageRule(policy, now), classRule(policy, now)];
  return newestFirst.map((snapshot, index) => ({
    snapshot,
    reasons: [
      ...(snapshot === lastComplete ? ["the newest complete one"] : []),
      ...(index < (policy.last ?? 0) ? [`one of the last ${policy.last}`] : []),
      ...rules.flatMap((rule) => rule(snapshot)),
    ],
  }));
}

type Rule = (snapshot: KeptSnapshot) => string[];

const createdAt = ({ manifest }: KeptSnapshot): bigint => fromRfc3339(manifest.created);

/** Each keeps the newest snapshot of each of the newest so many periods; called newest first. */
function periodRules(policy: Policy): Rule[] {
  const rules: [number | undefined, string, (date: Date) => string][] = [
    [policy.daily, "day", (date) => date.toISOString().slice(0, 10)],
    [policy.weekly, "week", weekOf],
    [policy.monthly, "month", (date) => date.toISOString().slice(0, 7)],
    [policy.yearly, "year", (date) => date.toISOString().slice(0, 4)],
  ];
  return rules.map(([most = 0, name, periodOf]) => {
    const seen = new Set<string>();
    return (snapshot) => {
      const period = periodOf(new Date(Number(createdAt(snapshot) / NS_PER_MS)));
      if (seen.has(period) || seen.size >= most) return [];
      seen.add(period);
      return [`the newest of the ${name} ${period}`];
    };
  });
}

/** The Monday that the week begins with (ISO 8601), UTC. */
function weekOf(date: Date): string {
  const monday = new Date(date);
  monday.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return monday.toISOString().slice(0, 10);
}

const ageRule =
  ({ within }: Policy, now: bigint): Rule =>
  (snapshot) =>
    within !== undefined && now - createdAt(snapshot) < within ? ["younger than --keep-within"] : [];

/** A snapshot is kept as long as the most important data in it. */
const classRule =
  ({ classes = {} }: Policy, now: bigint): Rule =>
  (snapshot) => {
    const age = now - createdAt(snapshot);
    const found = snapshot.manifest.plugins.flatMap(({ importance, name }) => {
      const kind = CLASS_OF[importance ?? "critical"];
      const limit = classes[kind];
      return limit !== undefined && age < limit ? [`${kind} data of ${name}`] : [];
    });
    return found.slice(0, 1);
  };

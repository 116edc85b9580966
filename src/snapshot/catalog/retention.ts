/**
 * Which snapshots a policy keeps. Pure: the plan is a value that is shown, agreed to and carried out unchanged. The rules are
 * those of `restic forget`, except that the fullest snapshot represents a period, not the last one. One matching rule is
 * enough.
 */
import { CLASSES, classOf } from "../../config/instances.ts";
import { formatDuration } from "../../units/duration.ts";
import { NS_PER_MS } from "../../units/range.ts";
import type { ManifestPlugin } from "../format/manifest.ts";
import { totalLength } from "../format/ranges.ts";
import { backendsIn, coveredRanges, heldOnlyBy } from "./coverage.ts";
import { createdAt, isSelected, type KeptSnapshot, newestComplete } from "./kept.ts";

/**
 * Rules of which one is enough to keep a snapshot. Absent: that rule keeps nothing. `daily` to `yearly` count periods that
 * have a snapshot, newest first, in UTC; the fullest snapshot stands for its period.
 */
export interface Policy {
  /** Keep this many of the newest. */
  readonly last?: number;
  /** Keep everything younger than this. ns */
  readonly within?: bigint;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Keep everything with data whose class is kept this long. ns by importance class */
  readonly classes?: Readonly<Partial<Record<RetentionClass, bigint>>>;
}

const YEAR = 31_536_000_000_000_000n;
const DAY = 86_400_000_000_000n;

/** How long each class of data is kept by `--keep-classes`: ns. */
export const KEPT_FOR = {
  critical: 7n * YEAR,
  important: 3n * YEAR,
  operational: YEAR,
  transient: 30n * DAY,
} as const;
type RetentionClass = keyof typeof KEPT_FOR;

/** The class of a backend's data, or what follows from its importance. What is not known is kept longest. */
function retentionClass({
  class: said,
  importance,
}: Pick<ManifestPlugin, "class" | "importance">): RetentionClass {
  if (said === undefined) return classOf(importance ?? "critical");
  return CLASSES.find((one) => one === said) ?? "critical";
}

/** What a policy decides about one snapshot. */
export interface Decision {
  readonly snapshot: KeptSnapshot;
  /** Why it is kept; empty: it is to be removed. */
  readonly reasons: readonly string[];
}

/** True when no rule keeps anything: such a policy is refused. */
export const isEmpty = (policy: Policy): boolean =>
  Object.values(policy).every((rule) => rule === undefined || rule === 0 || rule === 0n);

interface PruneOptions {
  /** ns */
  readonly now: bigint;
  /** Also remove snapshots with data that no other holds. By default they are kept, whatever the policy says. */
  readonly allowGaps?: boolean;
}

/**
 * Decides on every snapshot, newest first. The newest complete one is always kept, and, unless gaps are allowed, so is each
 * with data that no other kept one holds.
 */
export function planPrune(
  snapshots: readonly KeptSnapshot[],
  policy: Policy,
  { now, allowGaps = false }: PruneOptions,
): Decision[] {
  const decisions = byRules(snapshots, policy, now);
  return allowGaps ? decisions : keepingCoverage(decisions);
}

/**
 * Keeps every snapshot whose removal would leave a gap. Working from the newest may keep one whose times an older, longer one
 * also covers, which must be kept anyway; such a one is released again.
 */
function keepingCoverage(decisions: readonly Decision[]): Decision[] {
  const byRule = decisions.filter(({ reasons }) => reasons.length > 0).map(({ snapshot }) => snapshot);
  const others = decisions.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
  let kept: readonly KeptSnapshot[] = byRule;
  for (const one of others) if (heldOnlyBy(one, kept).length > 0) kept = [...kept, one];
  for (const one of others) {
    const rest = kept.filter((each) => each !== one);
    if (rest.length < kept.length && heldOnlyBy(one, rest).length === 0) kept = rest;
  }
  return decisions.map((decision) => {
    const { snapshot } = decision;
    if (byRule.includes(snapshot) || !kept.includes(snapshot)) return decision;
    return {
      snapshot,
      reasons: whyNeeded(
        snapshot,
        kept.filter((each) => each !== snapshot),
      ),
    };
  });
}

const whyNeeded = (snapshot: KeptSnapshot, others: readonly KeptSnapshot[]): string[] =>
  heldOnlyBy(snapshot, others).map(({ backend, ranges }) => {
    const what = ranges.length === 0 ? backend : `${formatDuration(totalLength(ranges))} of ${backend}`;
    return `no other kept one has ${what}`;
  });

function byRules(snapshots: readonly KeptSnapshot[], policy: Policy, now: bigint): Decision[] {
  const newestFirst = snapshots.toReversed();
  const lastComplete = newestComplete(snapshots);
  const rules = [...periodRules(policy, newestFirst), ageRule(policy, now), classRule(policy, now)];
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

/** Each rule keeps one snapshot for each of the newest periods that have one. */
function periodRules(policy: Policy, newestFirst: readonly KeptSnapshot[]): Rule[] {
  const rules: [number | undefined, string, (date: Date) => string][] = [
    [policy.daily, "day", (date) => date.toISOString().slice(0, 10)],
    [policy.weekly, "week", weekOf],
    [policy.monthly, "month", (date) => date.toISOString().slice(0, 7)],
    [policy.yearly, "year", (date) => date.toISOString().slice(0, 4)],
  ];
  return rules.map(([most = 0, name, periodOf]) => {
    const periods = Map.groupBy(newestFirst, (snapshot) =>
      periodOf(new Date(Number(createdAt(snapshot) / NS_PER_MS))),
    );
    const chosen = new Map(
      [...periods].slice(0, most).map(([period, snapshots]) => [fullest(snapshots), period]),
    );
    return (snapshot) => (chosen.has(snapshot) ? [`the fullest of the ${name} ${chosen.get(snapshot)}`] : []);
  });
}

/**
 * The snapshot that represents its period: complete ones first, then those with most backends, then the newest of those that
 * reach at least half as far as the longest.
 */
function fullest(newestFirst: readonly KeptSnapshot[]): KeptSnapshot | undefined {
  const whole = newestFirst.filter((one) => one.manifest.status === "complete" && !isSelected(one));
  const candidates = whole.length > 0 ? whole : newestFirst;
  const most = Math.max(...candidates.map(backendsHeld));
  const widest = candidates.filter((one) => backendsHeld(one) === most);
  const longest = widest.map(lengthOf).reduce((length, one) => (one > length ? one : length), 0n);
  return widest.find((one) => lengthOf(one) * 2n >= longest);
}

const backendsHeld = ({ manifest }: KeptSnapshot): number =>
  manifest.plugins.filter(({ status }) => status !== "failed").length;

/** The total length of the time lines that it covers, ns. */
const lengthOf = (snapshot: KeptSnapshot): bigint =>
  backendsIn([snapshot]).reduce((sum, name) => sum + totalLength(coveredRanges([snapshot], name)), 0n);

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

/** A snapshot is kept as long as its most important data. */
const classRule =
  ({ classes = {} }: Policy, now: bigint): Rule =>
  (snapshot) => {
    const age = now - createdAt(snapshot);
    const found = snapshot.manifest.plugins.flatMap((plugin) => {
      const kind = retentionClass(plugin);
      const limit = classes[kind];
      return limit !== undefined && age < limit ? [`${kind} data of ${plugin.name}`] : [];
    });
    return found.slice(0, 1);
  };

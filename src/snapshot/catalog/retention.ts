/**
 * Which snapshots a policy keeps. Pure: the plan is a value that is shown, agreed to and carried out unchanged. The rules are
 * those of `restic forget`, except that the fullest snapshot represents a period, not the last one. One matching rule is
 * enough.
 */
import { classOf } from "../../config/retention.ts";
import { formatDuration } from "../../units/duration.ts";
import { NS_PER_MS } from "../../units/range.ts";
import type { ManifestPlugin } from "../format/manifest.ts";
import { totalLength } from "../format/ranges.ts";
import { nameOf } from "./chain.ts";
import { backendsIn, coveredRanges, hasTimeline, heldOnlyBy } from "./coverage.ts";
import { createdAt, isSelected, type KeptSnapshot, newestComplete } from "./kept.ts";
import { hashesOf } from "./lineage.ts";

/**
 * Rules of which one is enough to keep a snapshot. Absent: that rule keeps nothing. `daily` to `yearly` count periods that
 * have a snapshot, newest first, in UTC; the fullest snapshot stands for its period.
 */
export interface Policy {
  /** Reasons of the caller's own to keep a snapshot. */
  readonly own?: (snapshot: KeptSnapshot) => readonly string[];
  /** Keep this many of the newest. */
  readonly last?: number;
  /** Keep everything younger than this. ns */
  readonly within?: bigint;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Keep everything with data whose class is kept this long. */
  readonly classes?: ClassTimes;
}

/** How long data of each class is kept, by the class's name. ns */
export type ClassTimes = ReadonlyMap<string, bigint>;

/** How long data of a class is kept. One that is not defined, as an earlier configuration may have had it, is kept longest. ns */
export const timeOf = (name: string, times: ClassTimes): bigint => times.get(name) ?? longest(times.values());

const longest = (times: Iterable<bigint>): bigint =>
  [...times].reduce((most, time) => (time > most ? time : most), 0n);

/** The class of a backend's data, or what follows from its importance. What is not known is critical. */
export const retentionClass = ({
  class: said,
  importance,
}: Pick<ManifestPlugin, "class" | "importance">): string => said ?? classOf(importance ?? "critical");

/** Until when a snapshot is kept by the class of its data that is kept longest. ns */
export const keptUntil = (snapshot: Pick<KeptSnapshot, "manifest">, times: ClassTimes): bigint =>
  createdAt(snapshot) +
  longest(snapshot.manifest.plugins.map((plugin) => timeOf(retentionClass(plugin), times)));

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
  /** What is held elsewhere, perhaps the same snapshots: what these hold leaves no gap. */
  readonly elsewhere?: readonly KeptSnapshot[];
  /** Snapshots elsewhere that may continue one of these. */
  readonly continuing?: readonly KeptSnapshot[];
  /** Something in it is known to be damaged: nothing goes because this one holds it, too. */
  readonly isDamaged?: (snapshot: KeptSnapshot) => boolean;
}

/**
 * Decides on every snapshot, newest first. The newest complete one is always kept, and so is each without which another one cannot
 * be brought back; unless gaps are allowed, each with data that no other kept one holds, too.
 */
export function planPrune(
  snapshots: readonly KeptSnapshot[],
  policy: Policy,
  { now, allowGaps = false, elsewhere = [], continuing = [], isDamaged = () => false }: PruneOptions,
): Decision[] {
  // The sound ones are decided on as if the damaged ones were not there.
  const sound = byRules(
    snapshots.filter((one) => !isDamaged(one)),
    policy,
    now,
  );
  const own = new Map(sound.map((decision) => [decision.snapshot, decision]));
  const decisions = byRules(snapshots, policy, now).map((decision) => own.get(decision.snapshot) ?? decision);
  const held = allowGaps ? decisions : keepingCoverage(decisions, { elsewhere, isDamaged });
  return keepingParents(held, elsewhere, continuing);
}

/** Of data without a time line an increment holds only what has changed: it cannot be brought back without what it continues. */
function keepingParents(
  newestFirst: readonly Decision[],
  elsewhere: readonly KeptSnapshot[],
  continuing: readonly KeptSnapshot[],
): Decision[] {
  const isHeld = heldIn(elsewhere);
  const needed = new Map<string, string>();
  const need = (one: KeptSnapshot): void => {
    for (const plugin of one.manifest.plugins)
      if (plugin.parent && !hasTimeline(plugin)) needed.set(plugin.parent.sha256, nameOf(one));
  };
  for (const one of continuing) need(one);
  return newestFirst.map((decision) => {
    const { snapshot, reasons } = decision;
    const known = hashesOf(snapshot.manifest).flatMap((sha256) => needed.get(sha256) ?? []);
    const by = isHeld(snapshot) ? undefined : known[0];
    if (reasons.length === 0 && by === undefined) return decision;
    need(snapshot);
    return reasons.length > 0 ? decision : { snapshot, reasons: [`${by} continues it`] };
  });
}

/** Whether the very same snapshot is among these. */
function heldIn(snapshots: readonly KeptSnapshot[]): (one: KeptSnapshot) => boolean {
  const held = new Set(snapshots.map(({ manifest }) => manifest.sha256));
  return ({ manifest }) => held.has(manifest.sha256);
}

/**
 * Keeps every snapshot whose removal would leave a gap. Working from the newest may keep one whose times an older, longer one
 * also covers, which must be kept anyway; such a one is released again.
 */
function keepingCoverage(
  decisions: readonly Decision[],
  { elsewhere, isDamaged }: Required<Pick<PruneOptions, "elsewhere" | "isDamaged">>,
): Decision[] {
  const isHeld = heldIn(elsewhere);
  const onlyHeld = (one: KeptSnapshot, others: readonly KeptSnapshot[]) =>
    isHeld(one) ? [] : heldOnlyBy(one, [...others.filter((each) => !isDamaged(each)), ...elsewhere]);
  const byRule = decisions.filter(({ reasons }) => reasons.length > 0).map(({ snapshot }) => snapshot);
  const others = decisions.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
  let kept: readonly KeptSnapshot[] = byRule;
  for (const one of others) if (onlyHeld(one, kept).length > 0) kept = [...kept, one];
  for (const one of others) {
    const rest = kept.filter((each) => each !== one);
    if (rest.length < kept.length && onlyHeld(one, rest).length === 0) kept = rest;
  }
  return decisions.map((decision) => {
    const { snapshot } = decision;
    if (byRule.includes(snapshot) || !kept.includes(snapshot)) return decision;
    const rest = kept.filter((each) => each !== snapshot);
    return { snapshot, reasons: whyNeeded(onlyHeld(snapshot, rest)) };
  });
}

const whyNeeded = (held: ReturnType<typeof heldOnlyBy>): string[] =>
  held.map(({ backend, ranges }) => {
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
      ...(policy.own?.(snapshot) ?? []),
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
  ({ classes }: Policy, now: bigint): Rule =>
  (snapshot) => {
    if (classes === undefined) return [];
    const age = now - createdAt(snapshot);
    const found = snapshot.manifest.plugins.flatMap((plugin) => {
      const kind = retentionClass(plugin);
      return age < timeOf(kind, classes) ? [`${kind} data of ${plugin.name}`] : [];
    });
    return found.slice(0, 1);
  };

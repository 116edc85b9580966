/** Why a run of a task is not whole, or failed: what its result says of that, a line for each thing that it concerns. */

import type { Deleted } from "../dashboards/delete.ts";
import type { Provisioned } from "../dashboards/provision.ts";
import type { DrillReport } from "../drill/report.ts";
import type { Taken } from "../inventory/taken.ts";
import type { RestoreReport } from "../restore/report.ts";
import type { LogsDone } from "../retention/logs/carry-out.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import type { CopyReport } from "../tasks/copy.ts";
import type { Exported } from "../tasks/copy-exported.ts";
import type { Pruned } from "../tasks/prune.ts";
import type { RetentionResult } from "../tasks/retention-apply.ts";
import type { ArchiveResult } from "../tasks/retention-archive.ts";
import type { Retried } from "../tasks/subject-retry.ts";
import type { Verified } from "../tasks/verify.ts";
import { messageOf } from "../units/message-of.ts";
import { counted, listed } from "../units/words.ts";

type Lines = readonly string[];

const reasoned = (all: readonly { readonly name: string; readonly reason: string }[]): Lines =>
  all.map(({ name, reason }) => `${name}: ${reason}`);

/** Backends that were not read whole, and places that have no copy. */
export const exportLacks = ({ manifest, copied }: Exported): Lines => [
  ...manifest.plugins.flatMap(({ name, status, problems }) =>
    status === "complete" ? [] : problems.filter(isLoss).map(({ reason }) => `${name}: ${reason}`),
  ),
  ...copied.flatMap(({ place, failure }) => (failure === undefined ? [] : [`${place}: ${failure}`])),
];

/** What is still owed of requests for erasure, and what cannot be erased. */
export const retryLacks = ({ requests, stuck }: Retried): Lines => [
  ...stuck.map(({ id, reason }) => `request ${id}: ${reason}`),
  ...requests.flatMap(({ id, outcomes }) =>
    outcomes
      .filter(({ state }) => state !== "done")
      .map(({ name, state, reason }) => `request ${id}: ${name} is ${state}: ${reason}`),
  ),
];

/** Snapshots that the copied ones continue, and that are not in the place. */
export const copyLacks = ({ lacking }: CopyReport): Lines => reasoned(lacking);

/** Backends that did not say what they hold. */
export const inventoryLacks = ({ findings }: Taken): Lines =>
  findings.length === 0
    ? ["no backend is enabled"]
    : findings.flatMap((one) => (one.state === "reached" ? [] : [`${one.name}: ${messageOf(one.error)}`]));

/** What a place did not let go, and what has changed since the plan. */
export const pruneLacks = ({ changed, withheld }: Pruned): Lines => [
  ...withheld.map(({ object, reason }) => `${object}: ${reason}`),
  ...changed.map((name) => `${name} has changed since the plan, and was left`),
];

/** What should be gone, and is not. */
export const retentionLacks = ({ stays }: RetentionResult): Lines =>
  reasoned(stays.filter(({ isOwed }) => isOwed));

/** What should be archived or gone, and is not. */
export const archiveLacks = ({ stays }: ArchiveResult): Lines =>
  reasoned(stays.filter(({ isOwed }) => isOwed));

/** Log files that were due, and are as they were. */
export const logsLack = ({ left }: LogsDone): Lines => left.map(({ file, reason }) => `${file}: ${reason}`);

/** Dashboards and folders that are not as they were to be. */
export const dashboardsLack = ({
  failed,
  stopped,
}: Pick<Deleted | Provisioned, "failed" | "stopped">): Lines => [
  ...(stopped === undefined ? [] : [messageOf(stopped.reason)]),
  ...failed.map(({ what, reason }) => `${what}: ${reason}`),
];

/** What was not written, and what the servers do not count. */
export const restoreLacks = ({ plugins, leftOut }: RestoreReport): Lines => [
  ...plugins.flatMap((one) => backendLacks(one).map((why) => `${one.name}: ${why}`)),
  ...reasoned(leftOut),
];

function backendLacks(one: RestoreReport["plugins"][number]): Lines {
  const left = one.differing.filter(({ replaced }) => !replaced).length;
  return [
    ...(one.failure === undefined ? [] : [one.failure]),
    ...(one.lost.length === 0 ? [] : [`${counted(one.lost.length, "block")} of the snapshot damaged`]),
    ...(one.rejected === 0 ? [] : [refusedText(one)]),
    ...(left === 0 ? [] : [`${counted(left, "object")} left as the server has them`]),
    ...one.problems.map(({ reason }) => reason),
    ...one.counted.flatMap(({ short, failure, uncounted = [] }) => [
      ...(short.length === 0 ? [] : [`the server counts fewer ${listed(short)} than were saved`]),
      ...[failure, ...uncounted.map(({ reason }) => reason)].filter((why) => why !== undefined),
    ]),
  ];
}

const refusedText = ({ rejected, refusals = [] }: RestoreReport["plugins"][number]): string =>
  [
    `the server refused ${counted(rejected, "record")}`,
    ...refusals.slice(0, 1).map(({ reason }) => reason),
  ].join(": ");

/** Flaws, what could not be proved, and what a server has otherwise. */
export const verifyLacks = ({ reports, chosen, distrusted, live }: Verified): Lines => [
  ...reports.flatMap(({ flaws }) => flaws.map(({ subject, message }) => `${subject}: ${message}`)),
  ...reasoned(chosen?.broken ?? []),
  ...reasoned(chosen?.lacking ?? []),
  ...(chosen?.chains ?? []).flatMap(({ backend, missing }) =>
    missing.map(({ reason }) => `${backend}: ${reason}`),
  ),
  ...reasoned(distrusted),
  ...live.flatMap((one) => liveLacks(one).map((why) => `${one.plugin}: ${why}`)),
];

function liveLacks({
  differences,
  failure,
  uncounted,
  objects,
  objectsFailure,
}: Verified["live"][number]): Lines {
  const other = differences.filter(({ verdict }) => verdict === "differs" || verdict === "missing");
  return [
    ...other.map(({ unit, saved, server }) => `${unit}: ${saved} saved, ${server} on the server`),
    ...[failure, objectsFailure].filter((why) => why !== undefined),
    ...uncounted.map(({ reason }) => reason),
    ...(objects?.objects ?? []).map(({ name, state, what = state }) => `${name}: ${what}`),
  ];
}

/** Of a drill: what did not come back, or was not drilled, of each backend. */
export const drillLacks = ({ backends }: DrillReport): string[] =>
  backends.flatMap(({ backend, verdict, reasons: [reason] }) =>
    verdict === "proved" || verdict === "rehearsed"
      ? []
      : [`${backend}: ${verdict}${reason === undefined ? "" : `: ${reason}`}`],
  );

/** What a person should know before data is gone: what expires soon, and what no snapshot holds. */

import { subtract, totalLength } from "../snapshot/format/ranges.ts";
import { coveredRanges } from "../snapshot/kept/coverage.ts";
import type { KeptSnapshot } from "../snapshot/kept/kept.ts";
import { formatDuration } from "../units/duration.ts";
import { NS_PER_SECOND, type Range, toRfc3339 } from "../units/range.ts";
import type { Reached } from "./survey.ts";

export interface Warning {
  readonly backend: string;
  readonly kind: "unsaved" | "expiring" | "size" | "server";
  /** A whole sentence, without the backend's name. */
  readonly text: string;
}

/** Data that leaves within this time is near its limit. */
const SOON = 86_400n * NS_PER_SECOND;
/** Data younger than this is still being written; no snapshot can hold it. */
const SETTLING = 900n * NS_PER_SECOND;

/** @param now ns */
export function warningsFor(
  finding: Reached,
  { snapshots, now }: { readonly snapshots: readonly KeptSnapshot[]; readonly now: bigint },
): Warning[] {
  const { name: backend, inventory, sizeProblem } = finding;
  const unsaved = unsavedRanges(finding, snapshots, now);
  const warn = (kind: Warning["kind"], text: string): Warning => ({ backend, kind, text });
  return [
    ...(inventory.warnings ?? []).map((text) => warn("server", text)),
    ...(sizeProblem === undefined ? [] : [warn("size", `its size could not be found out: ${sizeProblem}`)]),
    ...expiring(finding, unsaved, now).map((text) => warn("expiring", text)),
    ...unsavedTexts(finding, unsaved, snapshots).map((text) => warn("unsaved", text)),
  ];
}

/** The parts of the backend's time line that no snapshot holds. */
export function unsavedRanges(
  { name, inventory }: Reached,
  snapshots: readonly KeptSnapshot[],
  now: bigint,
): Range[] {
  const { oldest, newest } = inventory;
  if (oldest === undefined || newest === undefined) return [];
  const end = newest + 1n < now - SETTLING ? newest + 1n : now - SETTLING;
  return oldest < end ? subtract({ from: oldest, to: end }, coveredRanges(snapshots, name)) : [];
}

function expiring({ inventory }: Reached, unsaved: readonly Range[], now: bigint): string[] {
  const { retention, oldest } = inventory;
  if (typeof retention !== "bigint" || oldest === undefined) return [];
  const border = now - retention + SOON;
  if (oldest >= border) return [];
  const leaving = totalLength(unsaved.map(({ from, to }) => ({ from, to: to < border ? to : border })));
  const held =
    leaving > 0n ? `, ${formatDuration(leaving)} of it in no snapshot` : ", all of it in a snapshot";
  return [
    `data from before ${minute(border)} reaches its retention of ${formatDuration(retention)} within 24h${held}`,
  ];
}

function unsavedTexts(
  finding: Reached,
  unsaved: readonly Range[],
  snapshots: readonly KeptSnapshot[],
): string[] {
  const { name, inventory } = finding;
  const timeless = inventory.oldest === undefined && inventory.signals.includes("dashboards");
  if (timeless && !holdsAnything(inventory.counts)) return [];
  if (timeless) return isKept(name, snapshots) ? [] : ["no snapshot holds it"];
  const [first] = unsaved;
  if (first === undefined) return [];
  const length = formatDuration(totalLength(unsaved));
  const parts = unsaved.length === 1 ? "" : ` in ${unsaved.length} parts`;
  return [`no snapshot holds ${length} of it${parts}, from ${minute(first.from)} on`];
}

const holdsAnything = (counts: Reached["inventory"]["counts"]): boolean =>
  counts === undefined || Object.values(counts).some((count) => count > 0);

const isKept = (backend: string, snapshots: readonly KeptSnapshot[]): boolean =>
  snapshots.some(({ manifest }) =>
    manifest.plugins.some(({ name, status }) => name === backend && status === "complete"),
  );

/** `2026-01-24 14:30 UTC`. */
const minute = (ns: bigint): string => `${toRfc3339(ns).slice(0, 16).replace("T", " ")} UTC`;

/** What a person should know before data is lost: what expires soon, and what no snapshot holds. */

import type { Diagnostic } from "../contract/contract.ts";
import { coveredRanges } from "../snapshot/catalog/coverage.ts";
import { formerName } from "../snapshot/catalog/former-name.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import type { ClassTimes } from "../snapshot/catalog/retention.ts";
import { isSameSource, type Source } from "../snapshot/catalog/source.ts";
import { subtract, totalLength } from "../snapshot/format/ranges.ts";
import { haveState, mayLackTimes } from "../snapshot/format/signals.ts";
import { describeSkew, nowAt } from "../units/clock-skew.ts";
import { NS_PER_SECOND, type Range, toRfc3339 } from "../units/range.ts";
import { classOutlives, copiesOutlive } from "./bound-copies.ts";
import type { Reached } from "./survey.ts";

/** Of a backend, which is its subject; the message is a sentence without its name. */
export interface Warning extends Diagnostic<"warning"> {
  readonly kind: "unsaved" | "expiring" | "size" | "server" | "copies";
  /** How much of its time line no snapshot holds: `23 h`. */
  readonly unsaved?: string;
}

/** Data that expires within this time is near its limit. */
const SOON = 86_400n * NS_PER_SECOND;
/** Younger data is still being written; a snapshot includes it a little later. */
const SETTLING = 900n * NS_PER_SECOND;

/** What an inventory is compared with. */
interface Beside {
  readonly snapshots: readonly KeptSnapshot[];
  /** By our clock, ns; expiry follows the server's clock. */
  readonly now: bigint;
  readonly classes: ClassTimes;
  /** The names of all backends. */
  readonly names?: readonly string[];
}

/** What a person should know of one backend. */
export function warningsFor(finding: Reached, { snapshots, now, classes, names = [] }: Beside): Warning[] {
  const { name: subject, inventory, open, sizeProblem } = finding;
  const skew = describeSkew(open, now);
  const warn = (kind: Warning["kind"], message: string, more: Pick<Warning, "unsaved"> = {}): Warning => ({
    severity: "warning",
    subject,
    kind,
    message,
    ...more,
  });
  return [
    ...(inventory.warnings ?? []).map((text) => warn("server", text)),
    ...(skew === undefined
      ? []
      : [warn("server", `its clock is ${skew}: what expires, and where an export ends, go by it`)]),
    ...(sizeProblem === undefined ? [] : [warn("size", `its size is unknown: ${sizeProblem}`)]),
    ...[classOutlives(finding, classes), copiesOutlive(finding, snapshots, nowAt(open, now))].flatMap(
      (text) => (text === undefined ? [] : [warn("copies", text)]),
    ),
    ...unsavedWarnings(finding, snapshots, nowAt(open, now)).map(({ kind, message, ...more }) =>
      warn(kind, `${message}${renamed(formerName(snapshots, open, names))}`, more),
    ),
  ];
}

const renamed = (former: string | undefined): string =>
  former === undefined ? "" : `; they hold the same server as ${former}: was it renamed?`;

/** The parts of the time line that no snapshot of this server covers; recent data only counts if nothing is covered at all. */
export function unsavedRanges(
  { inventory, open }: Reached,
  snapshots: readonly KeptSnapshot[],
  now: bigint,
): Range[] {
  const { oldest, newest } = inventory;
  if (oldest === undefined || newest === undefined) return [];
  const covered = coveredRanges(snapshots, open);
  const settled = now - SETTLING;
  const isAllNew = covered.length === 0 && oldest >= settled;
  const end = newest < settled || isAllNew ? newest + 1n : settled;
  return oldest < end ? subtract({ from: oldest, to: end }, covered) : [];
}

/** What no snapshot holds, and how much of it the server deletes within a day, in one sentence. */
function unsavedWarnings(
  finding: Reached,
  snapshots: readonly KeptSnapshot[],
  now: bigint,
): Pick<Warning, "kind" | "message" | "unsaved">[] {
  const { inventory } = finding;
  if (isTimeless(finding))
    return isLacking(finding, snapshots) ? [{ kind: "unsaved", message: "no snapshot holds it" }] : [];
  const ranges = unsavedRanges(finding, snapshots, now);
  if (ranges.length === 0) return [];
  const length = totalLength(ranges);
  const leaving = totalLength(leavingRanges(inventory, ranges, now));
  const unsaved = roughly(length);
  const message = `${unsaved} not in any snapshot`;
  if (leaving === 0n) return [{ kind: "unsaved", message, unsaved }];
  const part = leaving === length ? "all of it expires" : `${roughly(leaving)} of it expire`;
  return [
    { kind: "expiring", message: `${message}, ${part} before tomorrow ${timeOfDay(now + SOON)}`, unsaved },
  ];
}

/** The parts that the server deletes soon; none if it never deletes, or does not say. */
function leavingRanges({ retention }: Reached["inventory"], unsaved: readonly Range[], now: bigint): Range[] {
  if (typeof retention !== "bigint") return [];
  const border = now - retention + SOON;
  return unsaved.map(({ from, to }) => ({ from, to: to < border ? to : border }));
}

/** It holds objects, or records of which no time is told: a current state. */
export const holdsState = ({ inventory: { signals, oldest } }: Pick<Reached, "inventory">): boolean =>
  haveState(signals) || (oldest === undefined && mayLackTimes(signals));

/** Nothing in it has a time: a newer export of it replaces an older one. */
export const isTimeless = (finding: Pick<Reached, "inventory">): boolean =>
  finding.inventory.oldest === undefined && holdsState(finding);

/** It holds something that no snapshot holds whole. */
export const isLacking = ({ open, inventory }: Reached, snapshots: readonly KeptSnapshot[]): boolean =>
  holdsAnything(inventory.counts) && !isKept(open, snapshots);

const holdsAnything = (counts: Reached["inventory"]["counts"]): boolean =>
  counts === undefined || Object.values(counts).some((count) => count > 0);

const isKept = (source: Source, snapshots: readonly KeptSnapshot[]): boolean =>
  snapshots.some(({ manifest }) => holdsWhole(manifest, source));

/** Whether a snapshot holds all objects of a backend: it is complete, and no selector restricted it. */
export const holdsWhole = ({ plugins }: KeptSnapshot["manifest"], source: Source): boolean =>
  plugins.some((one) => one.status === "complete" && one.match === undefined && isSameSource(one, source));

const MINUTE = 60n * NS_PER_SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** `45 min`, `31 h`, `9 d`: a rounded length for people, never less than a minute. */
function roughly(length: bigint): string {
  if (length < HOUR) return `${length < MINUTE ? 1n : length / MINUTE} min`;
  return length < 3n * DAY ? `${length / HOUR} h` : `${length / DAY} d`;
}

/** `14:00 UTC`. */
const timeOfDay = (ns: bigint): string => `${toRfc3339(ns).slice(11, 16)} UTC`;

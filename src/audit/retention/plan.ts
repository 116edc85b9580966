/**
 * Plans which closed files of a trail are old enough to remove, and which of their events are kept longer (who destroyed,
 * restored or erased). Changes nothing.
 */

import { readOwnSync } from "../../storage/own-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { DAY_MS, fromRfc3339, type Range } from "../../units/range.ts";
import { knownSinks } from "../deliver/sink-set.ts";
import { readSinkStates, sinksFolder } from "../deliver/state.ts";
import { parseLine, readLine } from "../format/chain.ts";
import { TrailError } from "../format/error.ts";
import type { AuditEvent } from "../format/event.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { decodedLine } from "../journal/forward.ts";
import { closedSegments, type Segment, segmentLines } from "../journal/segments.ts";
import { keptLines } from "./kept-file.ts";

/** Operations whose events are kept for {@link LONG_DAYS}, whatever the configuration says. */
const KEPT_LONG: ReadonlySet<string> = new Set([
  ...["destroy", "restore", "prune", "erase", "audit_prune", "retention_apply"],
  ...["hold_add", "hold_end"],
]);
const LONG_DAYS = 7 * 365;

/** Which trail to prune, and how long its events are kept. */
interface PruneRequest {
  /** The trail's file. */
  readonly file: string;
  /** How many days ordinary events are kept. */
  readonly retentionDays: number;
  /** Now, ms since the epoch. */
  readonly now: number;
  /** Why events of this time stay whatever their age; absent: none do. */
  readonly heldBy?: (range: Range) => string | undefined;
}

/** What would happen to one closed file. */
interface SegmentPlan {
  readonly segment: Segment;
  readonly events: number;
  /** Why it stays; absent when it would be removed. */
  readonly stays?: string;
  /** SHA-256 of its bytes, hex; absent when it stays. */
  readonly sha256?: string;
}

/** What a prune would do. */
export interface TrailPrunePlan {
  readonly file: string;
  /** Every closed file, oldest first. Only the first ones are removed, so that the chain has no holes. */
  readonly segments: readonly SegmentPlan[];
  /** Lines that are kept longer, from the files to be removed and from earlier prunes. */
  readonly kept: readonly string[];
  /** What the event will say about the removed files; absent when none is removed. */
  readonly range?: PrunedRange;
}

/** What the event says about the events that it replaces. */
export interface PrunedRange {
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly firstHash: string;
  readonly lastHash: string;
}

/** A file to be removed, as it was when the plan was made. */
export interface Doomed {
  readonly segment: Segment;
  /** Of its bytes, hex. */
  readonly sha256: string;
}

/** The files to be removed. */
export const doomedOf = ({ segments }: TrailPrunePlan): Doomed[] =>
  segments.flatMap(({ segment, sha256 }) => (sha256 === undefined ? [] : [{ segment, sha256 }]));

/** SHA-256 of a closed file's bytes, hex. */
export const segmentHash = (bytes: Buffer): string => Bun.SHA256.hash(bytes, "hex");

/** Reads and proves the closed files that are old enough. @throws TrailError when one of them is damaged */
export function planTrailPrune({ file, retentionDays, now, heldBy }: PruneRequest): TrailPrunePlan {
  const deadline = new Date(now - retentionDays * DAY_MS).toISOString();
  const longDeadline = new Date(now - LONG_DAYS * DAY_MS).toISOString();
  const undelivered = oldestUndelivered(file);
  const isHeld = (at: bigint): boolean => heldBy?.({ from: at, to: at + 1n }) !== undefined;
  const kept = keptLines(file).filter((line) => {
    const { timestamp } = parseLine(line);
    return timestamp >= longDeadline || isHeld(fromRfc3339(timestamp));
  });
  const segments: SegmentPlan[] = [];
  let range: PrunedRange | undefined;
  let stopped: string | undefined;
  for (const segment of closedSegments(file)) {
    if (stopped !== undefined) {
      segments.push({ segment, events: segment.last - segment.first + 1, stays: stopped });
      continue;
    }
    const lines = provenLines(segment);
    const [first, last] = [lines[0]?.event, lines.at(-1)?.event];
    if (first === undefined || last === undefined) continue;
    const held = heldBy?.({ from: fromRfc3339(first.timestamp), to: fromRfc3339(last.timestamp) + 1n });
    stopped = held ?? staysBecause(lines, last, { deadline, undelivered, retentionDays });
    const fate =
      stopped === undefined
        ? { sha256: segmentHash(readOwnSync(segment.path, SEGMENT_BYTES_MAX)) }
        : { stays: stopped };
    segments.push({ segment, events: lines.length, ...fate });
    if (stopped !== undefined) continue;
    range = extended(range, first, last, lines.length);
    for (const { line, event } of lines) {
      if (KEPT_LONG.has(event.operation) && event.timestamp >= longDeadline) kept.push(line);
    }
  }
  return range === undefined ? { file, segments, kept } : { file, segments, kept, range };
}

interface Limits {
  readonly deadline: string;
  readonly undelivered: { readonly name: string; readonly seq: number } | undefined;
  readonly retentionDays: number;
}

function staysBecause(
  lines: readonly Proven[],
  last: AuditEvent,
  { deadline, undelivered, retentionDays }: Limits,
): string | undefined {
  if (lines.some(({ event }) => event.timestamp >= deadline))
    return `events of the last ${retentionDays} days`;
  if (undelivered === undefined || undelivered.seq > last.seq) return undefined;
  return `not all of it is delivered to ${undelivered.name}`;
}

const extended = (
  range: PrunedRange | undefined,
  first: AuditEvent,
  last: AuditEvent,
  events: number,
): PrunedRange => ({
  events: (range?.events ?? 0) + events,
  firstSeq: range?.firstSeq ?? first.seq,
  firstHash: range?.firstHash ?? first.hash,
  lastSeq: last.seq,
  lastHash: last.hash,
});

interface Proven {
  readonly line: string;
  readonly event: AuditEvent;
}

function provenLines(segment: Segment): readonly Proven[] {
  const found: Proven[] = [];
  for (const { bytes, start, end, number } of segmentLines(segment)) {
    try {
      const line = decodedLine(bytes, start, end);
      const event = readLine(line);
      const before = found.at(-1)?.event;
      if (before !== undefined && event.prev_hash !== before.hash)
        throw new Error("it does not continue the line before it");
      found.push({ line, event });
    } catch (cause) {
      const reason = messageOf(cause);
      throw new TrailError(`${segment.path}:${number} is damaged: ${reason}`, {
        cause,
        hint: "Nothing is removed from a trail that does not verify: see `contextcore audit verify`.",
      });
    }
  }
  return found;
}

/** The oldest event that one of the present sinks has not received yet. */
function oldestUndelivered(file: string): { readonly name: string; readonly seq: number } | undefined {
  const present = knownSinks(file);
  const states = readSinkStates(sinksFolder(file)).filter(({ name }) => present.includes(name));
  return states.map(({ name, after }) => ({ name, seq: after + 1 })).sort((a, b) => a.seq - b.seq)[0];
}

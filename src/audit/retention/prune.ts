/**
 * Retention: closed files whose ordinary events are past their time give way to one event that stands for them. What is
 * kept longer (who destroyed, restored or erased) moves to a file of its own; each of its lines proves itself.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { knownSinks } from "../deliver/sink-set.ts";
import { readSinkStates, sinksFolder } from "../deliver/state.ts";
import { parseLine, readLine } from "../format/chain.ts";
import { TrailError } from "../format/error.ts";
import type { AuditEvent, Trail } from "../format/event.ts";
import { makeDirectory, writeDurably } from "../journal/durable.ts";
import { lockOf } from "../journal/journal.ts";
import { withLock } from "../journal/lock.ts";
import { closedSegments, type Segment, segmentLines } from "../journal/segments.ts";

const DAY_MS = 86_400_000;

/** Operations whose events are kept for {@link LONG_DAYS}, whatever the configuration says. */
export const KEPT_LONG: ReadonlySet<string> = new Set([
  "destroy",
  "restore",
  "prune",
  "erase",
  "audit_prune",
]);
const LONG_DAYS = 7 * 365;

export interface PruneRequest {
  /** The trail's file. */
  readonly file: string;
  /** Days that ordinary events are kept. */
  readonly retentionDays: number;
  /** Now, ms since the epoch. */
  readonly now: number;
}

/** What would happen to one closed file. */
export interface SegmentPlan {
  readonly segment: Segment;
  readonly events: number;
  /** Absent when it would be removed; else why it stays. */
  readonly stays?: string;
}

export interface PrunePlan {
  readonly file: string;
  /** Every closed file, oldest first. Those that are removed are the first ones: the chain has no holes. */
  readonly segments: readonly SegmentPlan[];
  /** Lines that are kept longer: of the files that go, and of earlier ones. */
  readonly kept: readonly string[];
  /** What the event will say of those that go; absent when none does. */
  readonly range?: PrunedRange;
}

interface PrunedRange {
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly firstHash: string;
  readonly lastHash: string;
}

/** Reads and proves the closed files that are past their time. @throws TrailError when one of them is not whole */
export function planPrune({ file, retentionDays, now }: PruneRequest): PrunePlan {
  const deadline = new Date(now - retentionDays * DAY_MS).toISOString();
  const longDeadline = new Date(now - LONG_DAYS * DAY_MS).toISOString();
  const undelivered = oldestUndelivered(file);
  const kept = keptLines(file).filter((line) => parseLine(line).timestamp >= longDeadline);
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
    stopped = staysBecause(lines, last, { deadline, undelivered, retentionDays });
    segments.push({ segment, events: lines.length, ...(stopped === undefined ? {} : { stays: stopped }) });
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

/**
 * Carries a plan out: copies the files to the archive and reads them back, writes down what is kept, records it, and only
 * then removes. Stopped anywhere, nothing is lost: what was not removed is removed by the next prune.
 * @param archive a directory; the files go into it
 * @throws TrailError
 */
export async function carryOutPrune(
  { file, segments, kept, range }: PrunePlan,
  trail: Trail,
  archive: string,
): Promise<void> {
  if (range === undefined) return;
  const doomed = segments.filter(({ stays }) => stays === undefined).map(({ segment }) => segment);
  await withLock(`${lockOf(file)}.prune`, async () => {
    const { id: ref } = await trail.append({
      operation: "audit_prune",
      outcome: "started",
      details: { archive },
    });
    try {
      for (const segment of doomed) archiveSegment(segment, archive);
      const keptFile = writeKept(file, kept);
      await trail.append({
        operation: "audit_prune",
        outcome: "success",
        ref,
        details: { ...detailsOf(range), ...keptFile, archive },
      });
      for (const { path } of doomed) rmSync(path);
      removeOldKept(file, keptFile.kept_file);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await trail.append({ operation: "audit_prune", outcome: "failed", ref, details: { error: message } });
      throw error;
    }
  });
}

const detailsOf = (range: PrunedRange) => ({
  events: range.events,
  first_seq: range.firstSeq,
  last_seq: range.lastSeq,
  first_hash: range.firstHash,
  last_hash: range.lastHash,
});

function archiveSegment({ path }: Segment, archive: string): void {
  makeDirectory(archive);
  const copy = join(archive, basename(path));
  const bytes = readFileSync(path);
  if (!existsSync(copy)) writeDurably(copy, bytes);
  if (!readFileSync(copy).equals(bytes)) {
    throw new TrailError(`${copy} is not what ${path} is`, {
      hint: "Choose another archive directory, or move that file away.",
    });
  }
}

function writeKept(
  file: string,
  kept: readonly string[],
): { kept_file: string; kept_sha256: string; kept_events: number } {
  const text = kept.map((line) => `${line}\n`).join("");
  const sha256 = Bun.SHA256.hash(text, "hex");
  const name = `audit.kept-${sha256.slice(0, 16)}.jsonl`;
  writeDurably(join(dirname(file), name), text);
  return { kept_file: name, kept_sha256: sha256, kept_events: kept.length };
}

const KEPT_NAME = /^audit\.kept-[0-9a-f]{16}\.jsonl$/;

function removeOldKept(file: string, current: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (KEPT_NAME.test(name) && name !== current) rmSync(join(dirname(file), name));
  }
}

/** What earlier prunes kept, in the order of the chain. Of a prune that was stopped there may be two files. */
export function keptLines(file: string): string[] {
  const names = existsSync(dirname(file))
    ? readdirSync(dirname(file)).filter((name) => KEPT_NAME.test(name))
    : [];
  const lines = names.flatMap((name) =>
    readFileSync(join(dirname(file), name), "utf8")
      .split("\n")
      .slice(0, -1),
  );
  return [...new Set(lines)].sort((a, b) => parseLine(a).seq - parseLine(b).seq);
}

interface Proven {
  readonly line: string;
  readonly event: AuditEvent;
}

function provenLines(segment: Segment): readonly Proven[] {
  const found: Proven[] = [];
  for (const { text = "", number } of segmentLines(segment)) {
    try {
      const event = readLine(text);
      const before = found.at(-1)?.event;
      if (before !== undefined && event.prev_hash !== before.hash)
        throw new Error("it does not continue the line before");
      found.push({ line: text, event });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TrailError(`${segment.path}:${number} is not whole: ${reason}`, {
        cause,
        hint: "Nothing is removed from a trail that does not verify: see `contextcore audit verify`.",
      });
    }
  }
  return found;
}

/** The oldest event that one of the present sinks has not got yet. */
function oldestUndelivered(file: string): { readonly name: string; readonly seq: number } | undefined {
  const present = knownSinks(file);
  const states = readSinkStates(sinksFolder(file)).filter(({ name }) => present.includes(name));
  return states.map(({ name, after }) => ({ name, seq: after + 1 })).sort((a, b) => a.seq - b.seq)[0];
}

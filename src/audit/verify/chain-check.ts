/** Walks through a trail's lines from first to last and proves that each continues the one before. */

import { given } from "../../units/given.ts";
import { eventOf, GENESIS, LineError } from "../format/chain.ts";
import type { AuditEvent } from "../format/event.ts";
import type { MovingLine } from "../format/trail-line.ts";
import { ROTATION, rotatedFiles } from "../journal/rotation-event.ts";
import type { TrailDiagnostics } from "./diagnostics.ts";
import type { Hashes } from "./hashes.ts";
import { type ProvenLine, proveLine } from "./prove.ts";
import { type Signing, watchSigning } from "./signing.ts";

/** What an `audit_prune` event says about the events that it replaces. */
export interface PrunedEvents {
  readonly lastSeq: number;
  readonly lastHash: string;
  /** The file with the kept events. */
  readonly keptFile?: string;
  readonly keptHash?: string;
}

/** A check in progress. */
export interface ChainCheck {
  /** The next line of the trail, and the name of its file. */
  take(line: MovingLine, file: string): void;
  /** After the last line. */
  finish(): ChainSummary;
}

/** What the lines of a trail told, besides the findings. */
export interface ChainSummary {
  readonly events: number;
  readonly first?: { readonly seq: number; readonly timestamp: string };
  readonly last?: { readonly seq: number; readonly timestamp: string; readonly hash: string };
  /** The newest `audit_prune`. */
  readonly pruned?: PrunedEvents;
  /** The SHA-256 of closed files, by name, as the trail recorded it. */
  readonly closed: ReadonlyMap<string, string>;
  /** The numbers of events whose line can be read but is not proven. */
  readonly changed: ReadonlySet<number>;
  readonly signing: Signing;
  /** `started` events without an end, oldest first. */
  readonly open: readonly AuditEvent[];
}

/** Checks lines one by one, oldest first. Findings go to `findings`, and each hash to `hashes`. */
export function createChainCheck(findings: TrailDiagnostics, hashes: Hashes): ChainCheck {
  let first: ProvenLine | undefined;
  let last: ProvenLine | undefined;
  let firstPlace = "";
  let events = 0;
  let unreadable = 0; // since the last event
  const pruned = new Map<number, PrunedEvents>();
  let newestPruned: PrunedEvents | undefined;
  const open = new Map<string, AuditEvent>();
  const closed = new Map<string, string>();
  const changed = new Set<number>();
  const signing = watchSigning();

  const difference = (subject: string, message: string, seq?: number): void =>
    findings.add({ severity: "difference", subject, message, ...given({ seq }) });

  const checkLink = (event: ProvenLine, before: ProvenLine, place: () => string): void => {
    const { seq } = event;
    if (seq === before.seq + 1 && event.prev_hash === before.hash && event.timestamp >= before.timestamp)
      return;
    const subject = place();
    if (unreadable > 0 && seq === before.seq + unreadable + 1) return; // the line before it cannot be read
    if (seq > before.seq + 1) {
      difference(subject, `${range(before.seq + 1, seq - 1)} missing before this line`, before.seq + 1);
    } else if (seq <= before.seq) {
      difference(
        subject,
        `event ${seq} comes after event ${before.seq}: lines were swapped or repeated`,
        seq,
      );
    } else if (event.prev_hash !== before.hash) {
      difference(
        subject,
        `event ${seq} does not continue event ${seq - 1}: one of the two was replaced`,
        seq,
      );
    }
    if (event.timestamp < before.timestamp) {
      const message = `its time, ${event.timestamp}, is earlier than that of the event before it, ${before.timestamp}`;
      findings.add({ severity: "warning", subject, message, seq });
    }
  };

  /** Only a few lines need to be parsed whole. */
  const follow = ({ id, ref, outcome, operation }: ProvenLine, line: MovingLine): void => {
    if (ref !== undefined) open.delete(ref);
    const isPrune = operation === "audit_prune" && outcome === "success";
    const isRotation = operation === ROTATION;
    const concernsSigning = signing.concerns(operation, outcome);
    const isTold = outcome === "started" || isPrune || isRotation || concernsSigning;
    const event = isTold ? eventOf(line.text) : undefined;
    if (event === undefined) return;
    if (concernsSigning) signing.take(event);
    if (outcome === "started") open.set(id, event);
    if (isRotation) for (const { file, sha256 } of rotatedFiles(event)) closed.set(file, sha256);
    newestPruned = (isPrune ? toPruned(event) : undefined) ?? newestPruned;
    if (newestPruned !== undefined) pruned.set(newestPruned.lastSeq, newestPruned);
  };

  const begin = (event: ProvenLine, where: string): void => {
    first = event;
    firstPlace = where;
    if (event.seq === 1 && event.prev_hash !== GENESIS)
      difference(where, "the first event continues another one", 1);
  };

  return {
    take(line, file) {
      const where = () => `${file}:${line.number}`;
      const event = checkLine(line, last?.seq, (what, seq, isEvent) => {
        difference(where(), what, seq);
        if (isEvent && seq !== undefined) changed.add(seq);
      });
      if (event === undefined) unreadable += 1;
      if (event === undefined) return;
      if (last === undefined) begin(event, where());
      else checkLink(event, last, where);
      hashes.add(event.seq, event.hash);
      follow(event, line);
      events += 1;
      unreadable = 0;
      last = event;
    },
    finish() {
      const claim = first === undefined || first.seq === 1 ? undefined : pruned.get(first.seq - 1);
      if (first !== undefined && first.seq !== 1 && claim?.lastHash !== first.prev_hash) {
        difference(
          firstPlace,
          `${range(1, first.seq - 1)} missing before this line, and no event replaces them`,
          1,
        );
      }
      return {
        events,
        closed,
        changed,
        signing: signing.seen(),
        open: [...open.values()],
        ...given({
          first: first && { seq: first.seq, timestamp: first.timestamp },
          last: last && { seq: last.seq, timestamp: last.timestamp, hash: last.hash },
          pruned: newestPruned,
        }),
      };
    },
  };
}

type Report = (what: string, seq: number | undefined, isEvent: boolean) => void;

/** Returns the event even of a line that fails, so that the next line is not blamed for it. */
function checkLine(line: MovingLine, before: number | undefined, report: Report): ProvenLine | undefined {
  try {
    return proveLine(line.bytes, line.start, line.end);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    const event = eventOf(line.text);
    const expected = before === undefined ? undefined : before + 1;
    report(`the line was changed: ${error.message}`, event?.seq ?? expected, event !== undefined);
    return event;
  }
}

function toPruned({ details }: AuditEvent): PrunedEvents | undefined {
  const { last_seq: lastSeq, last_hash: lastHash, kept_file: keptFile, kept_sha256: keptHash } = details;
  if (typeof lastSeq !== "number" || typeof lastHash !== "string") return undefined;
  if (typeof keptFile !== "string" || typeof keptHash !== "string") return { lastSeq, lastHash };
  return { lastSeq, lastHash, keptFile, keptHash };
}

const range = (from: number, to: number): string =>
  from === to ? `event ${from} is` : `events ${from} to ${to} are`;

/** What others have seen of a trail: the home copy, the sinks' receipts, and the sinks that keep a history. */

import type { OpenSink } from "../../host/open.ts";
import { given } from "../../units/given.ts";
import { asError } from "../../units/message-of.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { visible } from "../../units/visible.ts";
import type { SinkState } from "../deliver/state.ts";
import { LineError, readLine } from "../format/chain.ts";
import type { TrailLine } from "../format/trail-line.ts";
import type { Head, Home } from "../journal/home.ts";
import { trailLinesBackward } from "../journal/segments.ts";
import { formatEvent } from "../read/line.ts";
import { changesBetween } from "./changes.ts";
import type { TrailDiagnostics } from "./diagnostics.ts";
import type { Hashes } from "./hashes.ts";
import type { PrunedPast } from "./kept.ts";
import { proveLine } from "./prove.ts";

/** A witness and what it knows. */
export interface Witness {
  readonly name: string;
  /** The newest event of the trail that it has seen; absent when it has seen none. */
  readonly seq?: number;
  readonly agrees: boolean;
}

/** What was read of the trail. */
export interface Evidence {
  readonly file: string;
  readonly hashes: Hashes;
  /** The numbers of events whose line is not proven. */
  readonly changed: ReadonlySet<number>;
  readonly past: PrunedPast;
  readonly findings: TrailDiagnostics;
}

const HOME = "home copy";

/**
 * Compares every event of this trail in the home copy, and reports the original of the first one that differs.
 * @param head the newest that the home knew when the trail was read @param first the trail's first event that was not pruned
 * @throws TrailError when the copy cannot be read
 */
export function judgeHome(home: Home, head: Head | undefined, evidence: Evidence, first = 1): Witness {
  if (head === undefined) return { name: HOME, agrees: true };
  const { hashes, findings } = evidence;
  const difference = (seq: number, message: string): void =>
    findings.add({ severity: "difference", subject: HOME, seq, message });
  const missing = head.seq - hashes.newest;
  if (missing > 0) {
    const end = `the trail ends with event ${hashes.newest}, but ${missing} more were recorded: its end was cut off`;
    difference(
      hashes.newest + 1,
      hashes.newest > 0 ? end : `all of it is gone: ${missing} events were recorded`,
    );
  }
  const { oldest, altered, isEmpty } = oldestDifference(home.copiesUpTo(head.hash), evidence, first);
  if (isEmpty)
    difference(
      head.seq,
      `event ${head.seq}, which it received, is gone from it: the copy itself was cut off or changed`,
    );
  if (altered !== undefined)
    difference(altered, `its own line of event ${altered} was changed: the hash does not match the content`);
  if (oldest !== undefined) difference(oldest.seq, whatChanged(oldest, evidence));
  const isWhole = oldest === undefined && altered === undefined && !isEmpty;
  return { name: HOME, seq: head.seq, agrees: missing <= 0 && isWhole };
}

/** An event in a witness's possession. */
type Witnessed = Pick<TrailLine, "seq" | "text">;

/** @param witnessed newest first */
function oldestDifference(
  witnessed: Iterable<TrailLine>,
  { hashes, changed }: Evidence,
  first: number,
): {
  readonly oldest: Witnessed | undefined;
  readonly altered: number | undefined;
  readonly isEmpty: boolean;
} {
  let oldest: Witnessed | undefined;
  let altered: number | undefined;
  let isEmpty = true;
  for (const copy of witnessed) {
    const { seq } = copy;
    isEmpty = false;
    if (!provesItself(copy)) {
      altered = seq;
      continue;
    }
    if (seq < first) break; // these were pruned, and an event of the trail says so
    if (!hashes.has(copy) || changed.has(seq)) oldest = { seq, text: copy.text };
  }
  return { oldest, altered, isEmpty };
}

/** Whether the line's text can serve as evidence, and not only the hash written in it. */
function provesItself({ bytes, start, end }: TrailLine): boolean {
  try {
    proveLine(bytes, start, end);
    return true;
  } catch (error) {
    if (error instanceof LineError) return false;
    throw error;
  }
}

function whatChanged({ seq, text }: Witnessed, { hashes, file }: Evidence): string {
  if (hashes.get(seq) === undefined) return `event ${seq} is gone; it was: ${forPeople(text)}`;
  for (const line of trailLinesBackward(file)) {
    if (line.seq !== seq) continue;
    const changes = changesBetween(text, line.text);
    const what = changes.length === 0 ? "its hash is different" : changes.join("; ");
    return `event ${seq} is not what was recorded: ${what}`;
  }
  return `event ${seq} is not what was recorded; it was: ${forPeople(text)}`;
}

/** A line of a copy that was itself tampered with is shown verbatim. */
function forPeople(line: string): string {
  try {
    return formatEvent(readLine(line));
  } catch (error) {
    if (error instanceof LineError) return visible(line);
    throw error;
  }
}

/** Each sink's receipt names the newest event that the sink accepted. */
export const judgeReceipts = (
  states: readonly SinkState[],
  { hashes, past, findings }: Evidence,
): readonly Witness[] =>
  states.flatMap(({ name, receipt }) => {
    if (receipt === undefined) return [];
    const { seq, hash, at } = receipt;
    const agrees = past.had(seq, hash, hashes.get(seq)) !== false;
    const message = `event ${seq}, which ${name} accepted at ${at}, is not in the trail as it was then`;
    if (!agrees) findings.add({ severity: "difference", subject: `receipt of ${name}`, seq, message });
    return [{ name: `receipt of ${name}`, seq, agrees }];
  });

/** Whose events are asked for. */
interface WitnessQuestion {
  readonly project: string;
  readonly host: string;
  /** Time limit for each sink, ms. */
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
}

/** What a sink with a history has seen, newest last, or why it did not answer. */
interface WitnessAnswer {
  readonly name: string;
  readonly seen: readonly string[] | Error;
}

const HISTORY_MAX = 1_000;

/** Asks all sinks with a history at once. @throws the signal's reason, once it is aborted */
export async function askSinks(
  sinks: readonly OpenSink[],
  { timeLimitMs, signal, project, host }: WitnessQuestion,
): Promise<readonly WitnessAnswer[]> {
  const answers = sinks.map(async ({ name, sink }): Promise<WitnessAnswer[]> => {
    if (sink.history === undefined) return [];
    const query = { project, host, limit: HISTORY_MAX };
    try {
      const ask = async (limit: AbortSignal) => sink.history?.(query, limit);
      return [{ name, seen: (await withTimeLimit(ask, signal, { limitMs: timeLimitMs })) ?? [] }];
    } catch (error) {
      signal.throwIfAborted();
      return [{ name, seen: asError(error) }];
    }
  });
  return (await Promise.all(answers)).flat();
}

/** A sink that did not answer is only a warning, because that proves nothing. */
export function judgeAnswer({ name, seen }: WitnessAnswer, evidence: Evidence): readonly Witness[] {
  if (!(seen instanceof Error)) return [judge(name, seen, evidence)];
  const message = `it could not be asked: ${seen.message}`;
  evidence.findings.add({ severity: "warning", subject: name, message });
  return [];
}

/**
 * Unknown hashes after the newest known one mean that the trail's end is gone. Unknown ones between known ones mean that
 * another trail with the same project name delivers there too, and then nothing can be proved.
 * @param seen newest last
 */
function judge(name: string, seen: readonly string[], { hashes, findings }: Evidence): Witness {
  const known = knownHashes(hashes, seen.length);
  const newest = seen.findLastIndex((hash) => known.has(hash));
  const oldest = seen.findIndex((hash) => known.has(hash));
  const seq = known.get(seen[newest] ?? "");
  const beyond = seen.length - 1 - newest;
  const isShared = seen.slice(oldest, newest).some((hash) => !known.has(hash));
  if (beyond > 0) {
    const what =
      seq === undefined
        ? "it has events of this project and host, and none of them is in the trail"
        : `after event ${seq} it has ${beyond} more that are not in the trail: its end was cut off or replaced`;
    const note = isShared ? "; or they belong to another trail, whose events it also has" : "";
    findings.add({ severity: isShared ? "warning" : "difference", subject: name, message: what + note });
  }
  return { name, agrees: beyond === 0, ...given({ seq }) };
}

/** The newest hashes of the trail: some more than the sink gave, because it may lag behind and have older ones. */
function knownHashes(hashes: Hashes, count: number): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (let seq = hashes.newest; seq > 0 && known.size < count + 10_000; seq -= 1) {
    const hash = hashes.get(seq);
    if (hash !== undefined) known.set(hash, seq);
  }
  return known;
}

/** What others have seen of a trail: the home copy, the sinks' receipts, and the places that can be asked. */
import type { OpenSink } from "../../plugin/open.ts";
import { within } from "../deliver/courier.ts";
import { readSinkStates, sinksFolder } from "../deliver/state.ts";
import type { Home } from "../journal/home.ts";
import { seqOf, trailLinesBackward } from "../journal/segments.ts";
import { changesBetween } from "./changes.ts";
import type { Findings } from "./finding.ts";
import type { Hashes } from "./hashes.ts";

/** One witness and what it knows. */
export interface Witness {
  readonly name: string;
  /** The newest event of the trail that it has seen; absent when it knows nothing of it. */
  readonly seq?: number;
  readonly agrees: boolean;
}

export interface Evidence {
  readonly file: string;
  readonly hashes: Hashes;
  readonly findings: Findings;
}

/** Compares every event that the home copy has of this trail. */
export function askHome(home: Home, evidence: Evidence): Witness {
  const name = "home copy";
  const head = home.readHead();
  if (head === undefined) return { name, agrees: true };
  const { hashes, findings } = evidence;
  const missing = head.seq - hashes.newest;
  if (missing > 0) {
    const what = `the trail ends with event ${hashes.newest}, but ${missing} more were recorded: its end was cut off`;
    findings.add({ severity: "difference", where: name, seq: hashes.newest + 1, what });
  }
  const different = differences(home.linesUpTo(head.hash), hashes);
  const oldest = different.at(-1);
  if (oldest !== undefined) {
    const seq = seqOf(oldest);
    findings.add({ severity: "difference", where: name, seq, what: whatChanged(oldest, seq, evidence.file) });
  }
  return { name, seq: head.seq, agrees: missing <= 0 && oldest === undefined };
}

/** The witnessed lines whose event the trail has otherwise, newest first. */
function differences(witnessed: Iterable<string>, hashes: Hashes): readonly string[] {
  const found: string[] = [];
  for (const line of witnessed) {
    const hash = hashes.get(seqOf(line));
    if (hash !== undefined && hash !== line.slice(-66, -2)) found.push(line);
  }
  return found;
}

function whatChanged(witnessed: string, seq: number, file: string): string {
  for (const line of trailLinesBackward(file)) {
    if (seqOf(line) !== seq) continue;
    const changes = changesBetween(witnessed, line);
    const what = changes.length === 0 ? "it was chained anew" : changes.join("; ");
    return `event ${seq} is not what was recorded: ${what}`;
  }
  return `event ${seq} is not what was recorded: ${witnessed}`;
}

/** Each sink's receipt names the newest event that it took. */
export function askReceipts({ file, hashes, findings }: Evidence): readonly Witness[] {
  return readSinkStates(sinksFolder(file)).flatMap(({ name, receipt }) => {
    if (receipt === undefined) return [];
    const { seq, hash, at } = receipt;
    const agrees = hashes.get(seq) === hash;
    const what = `event ${seq}, which ${name} took at ${at}, is not in the trail as it took it`;
    if (!agrees) findings.add({ severity: "difference", where: `receipt of ${name}`, seq, what });
    return [{ name: `receipt of ${name}`, seq, agrees }];
  });
}

export interface Question {
  readonly project: string;
  readonly host: string;
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
}

const HISTORY_MAX = 1_000;

/** Asks the places that remember. One that does not answer is a warning: it proves nothing. */
export async function askSinks(
  sinks: readonly OpenSink[],
  { timeLimitMs, signal, project, host }: Question,
  evidence: Evidence,
): Promise<readonly Witness[]> {
  const answers = sinks.map(async ({ name, sink }) => {
    if (sink.history === undefined) return [];
    const query = { project, host, limit: HISTORY_MAX };
    try {
      const ask = async (limit: AbortSignal) => sink.history?.(query, limit);
      return [judge(name, (await within(timeLimitMs, signal, ask)) ?? [], evidence)];
    } catch (error) {
      signal.throwIfAborted();
      const what = `it could not be asked: ${error instanceof Error ? error.message : String(error)}`;
      evidence.findings.add({ severity: "warning", where: name, what });
      return [];
    }
  });
  return (await Promise.all(answers)).flat();
}

/**
 * Hashes after the newest that is known tell of a trail whose end is gone. Between known ones they tell that another
 * trail of the same project name delivers there too, and then nothing can be proved.
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
        ? "none of the events that it has of this project and host is in the trail"
        : `after event ${seq} it has ${beyond} more that are not in the trail: its end was cut off or replaced`;
    const note = isShared ? "; or they are another trail's, of which it has events too" : "";
    findings.add({ severity: isShared ? "warning" : "difference", where: name, what: what + note });
  }
  return { name, agrees: beyond === 0, ...(seq === undefined ? {} : { seq }) };
}

/** The newest hashes of the trail: a place that lags behind may have older ones, so some more than it gave. */
function knownHashes(hashes: Hashes, count: number): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (let seq = hashes.newest; seq > 0 && known.size < count + 10_000; seq -= 1) {
    const hash = hashes.get(seq);
    if (hash !== undefined) known.set(hash, seq);
  }
  return known;
}

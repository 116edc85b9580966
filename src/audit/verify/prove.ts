/**
 * Proves lines by the million. Most lines hold plain text, and of those the canonical form is made of slices of the line
 * itself; only the details are parsed. A line that is not plain, or fails, goes the long way through {@link readLine},
 * which says what is wrong with it: both ways accept the same lines.
 */
import { canonical } from "../format/canonical.ts";
import { isOutcome, readLine } from "../format/chain.ts";
import type { AuditEvent } from "../format/event.ts";

/** What a chain is followed by. */
export type ProvenLine = Pick<
  AuditEvent,
  "id" | "seq" | "timestamp" | "operation" | "outcome" | "prev_hash" | "hash"
> & { readonly ref?: string | undefined };

/** Printable ASCII that JSON writes as it is. */
const PLAIN = String.raw`[ !#-\[\]-~]*`;
/** From the beginning to the details: 1 id, 2 seq and timestamp, 5 operation and outcome, 8 user, 9 host, 10 project. */
const HEAD = new RegExp(
  `^\\{("id":"[0-9a-f-]{36}"),("seq":([1-9]\\d{0,14}),"timestamp":"([\\dTZ:.-]{24})"),` +
    `("operation":"(${PLAIN})","outcome":"([a-z]+)"),("user":"${PLAIN}"),("host":"${PLAIN}"),("project":"${PLAIN}"),"details":`,
);
/** From behind the details to the end: 1 data_affected, 2 export_path, 3 ref, 4 and 5 the hashes. */
const TAIL = new RegExp(
  `^("data_affected":\\[(?:"${PLAIN}"(?:,"${PLAIN}")*)?\\])(,"export_path":"${PLAIN}")?(,"ref":"[0-9a-f-]{36}")?,` +
    `("prev_hash":"[0-9a-f]{64}"),"hash":"([0-9a-f]{64})"\\}$`,
);

/** Reads a line and proves it. @throws LineError as {@link readLine} */
export const proveLine = (line: string): ProvenLine => provePlain(line) ?? readLine(line);

function provePlain(line: string): ProvenLine | undefined {
  const head = HEAD.exec(line);
  const border = line.lastIndexOf(',"data_affected":[');
  const tail = border < 0 ? null : TAIL.exec(line.slice(border + 1));
  if (head === null || tail === null) return undefined;
  const details = line.slice(head[0].length, border);
  const outcome = head[7] ?? "";
  const hash = tail[5] ?? "";
  const path = tail[2] ?? "";
  const ref = tail[3] ?? "";
  if (!isOutcome(outcome) || !isCanonical(details)) return undefined;
  const sorted = `{${tail[1]},"details":${details}${path},${head[9]},${head[1]},${head[5]},${tail[4]},${head[10]}${ref},${head[2]},${head[8]}}`;
  if (Bun.SHA256.hash(sorted, "hex") !== hash) return undefined;
  return {
    id: line.slice(7, 43),
    seq: Number(head[3]),
    timestamp: head[4] ?? "",
    operation: head[6] ?? "",
    outcome,
    ref: ref === "" ? undefined : ref.slice(8, -1),
    prev_hash: line.slice(-140, -76),
    hash,
  };
}

function isCanonical(details: string): boolean {
  if (!details.startsWith("{")) return false;
  try {
    return canonical(JSON.parse(details)) === details;
  } catch {
    return false; // the long way says why
  }
}

/**
 * Proves millions of lines fast. Most lines are plain text; their canonical form consists of slices of the line itself, so
 * nothing is decoded or parsed. A line that is not plain, or fails, takes the slow way through {@link readLine}, which says
 * what is wrong with it. Both ways accept the same lines.
 */
import { isOutcome, readLine } from "../format/chain.ts";
import type { AuditEvent } from "../format/event.ts";
import { decodedLine } from "../journal/forward.ts";
import { skipInteger, skipObject, skipText, skipTexts, skipWord, word } from "./plain.ts";

/** The fields that are needed to follow a chain. */
export type ProvenLine = Pick<
  AuditEvent,
  "id" | "seq" | "timestamp" | "operation" | "outcome" | "prev_hash" | "hash"
> & { readonly ref?: string | undefined };

/**
 * Reads the line in `bytes[start, end)`, without its newline, and proves it.
 * @throws LineError like {@link readLine}, and when it is not UTF-8
 */
export const proveLine = (bytes: Buffer, start = 0, end = bytes.length): ProvenLine =>
  provePlain(bytes, start, end) ?? readLine(decodedLine(bytes, start, end));

interface Member {
  readonly key: keyof AuditEvent;
  /** `"id":` */
  readonly name: Uint8Array;
  /** Returns the position after its value. */
  readonly skip: (bytes: Uint8Array, at: number) => number;
  readonly optional: boolean;
}

const member = (key: keyof AuditEvent, skip: Member["skip"] = skipText, optional = false): Member => ({
  key,
  name: word(`"${key}":`),
  skip,
  optional,
});

/** The members in the order of the line. */
const MEMBERS: readonly Member[] = [
  member("id"),
  member("seq", skipInteger),
  member("timestamp"),
  member("operation"),
  member("outcome"),
  member("user"),
  member("via", skipText, true),
  member("request", skipText, true),
  member("host"),
  member("project"),
  member("details", skipObject),
  member("data_affected", skipTexts),
  member("export_path", skipText, true),
  member("ref", skipText, true),
  member("prev_hash"),
  member("hash"),
];
const numberOf = (key: keyof AuditEvent): number => MEMBERS.findIndex((one) => one.key === key);

/** Indexes of the members in canonical order, which is by name. The hash covers all but itself. */
const CANONICAL: readonly number[] = MEMBERS.map(({ key }) => key)
  .filter((key) => key !== "hash")
  .sort()
  .map(numberOf);

const ID = numberOf("id");
const SEQ = numberOf("seq");
const TIMESTAMP = numberOf("timestamp");
const OPERATION = numberOf("operation");
const OUTCOME = numberOf("outcome");
const REF = numberOf("ref");
const PREV_HASH = numberOf("prev_hash");
const HASH = numberOf("hash");

/**
 * Where the members of the current line begin, where their values begin, and where both end; an absent member ends where it
 * begins. Each line overwrites these, since millions of small objects would be garbage.
 */
const begins = new Int32Array(MEMBERS.length);
const values = new Int32Array(MEMBERS.length);
const ends = new Int32Array(MEMBERS.length);

function provePlain(bytes: Buffer, start: number, end: number): ProvenLine | undefined {
  if (!locate(bytes, start, end)) return undefined;
  const text = (number: number): string =>
    bytes.toString("latin1", (values[number] ?? 0) + 1, (ends[number] ?? 0) - 1);
  const [outcome, hash, prev_hash] = [text(OUTCOME), text(HASH), text(PREV_HASH)];
  if (!isOutcome(outcome) || prev_hash.length !== hash.length) return undefined;
  if (Bun.SHA256.hash(canonicalForm(bytes, end - start), "hex") !== hash) return undefined;
  return {
    id: text(ID),
    seq: Number(bytes.toString("latin1", values[SEQ], ends[SEQ])),
    timestamp: text(TIMESTAMP),
    operation: text(OPERATION),
    outcome,
    ref: begins[REF] === ends[REF] ? undefined : text(REF),
    prev_hash,
    hash,
  };
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;

/** Finds every member in its place. Returns `false` if the line is not plain, or not an event. */
function locate(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== OPEN) return false;
  let at = start; // at the brace or comma before a member
  let number = 0;
  for (const { name, skip, optional } of MEMBERS) {
    const value = skipWord(bytes, at + 1, name);
    const isThere = value >= 0;
    if (!isThere && !optional) return false;
    begins[number] = at + 1;
    values[number] = value;
    at = isThere ? skip(bytes, value) : at;
    ends[number] = isThere ? at : at + 1;
    if (bytes[at] !== (number === HASH ? CLOSE : COMMA)) return false;
    number += 1;
  }
  return at + 1 === end;
}

let canonical = Buffer.allocUnsafe(4096);

/** The bytes that the hash covers: the members just located, in canonical order. */
function canonicalForm(bytes: Buffer, length: number): Uint8Array {
  if (canonical.length < length) canonical = Buffer.allocUnsafe(length * 2);
  let size = 0;
  for (const number of CANONICAL) {
    const begin = begins[number] ?? 0;
    const end = ends[number] ?? 0;
    if (begin === end) continue;
    canonical[size] = size === 0 ? OPEN : COMMA;
    size += 1 + bytes.copy(canonical, size + 1, begin, end);
  }
  canonical[size] = CLOSE;
  return canonical.subarray(0, size + 1);
}

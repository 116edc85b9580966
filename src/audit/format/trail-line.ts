/** A line of a trail, or of its copy, as it is in a file. The fields at its ends are found without reading all of it. */

/** One line, which is moved along the file: what is wanted of it for longer has to be copied. */
export interface TrailLine {
  /** The line is `bytes[start, end)`, without its newline. Everything here is valid only until the next line is requested. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** The event's number; infinite when there is none. */
  readonly seq: number;
  /** The event's hash as written in the line, hex; empty if the line is too short for one. Unverified. */
  readonly hash: string;
  /** The same of the event before it. */
  readonly prevHash: string;
  /** Bytes that are not UTF-8 are replaced. */
  readonly text: string;
  /** Whether this is its hash: faster than comparing {@link hash}. */
  hasHash(hash: string): boolean;
}

/** One object that is reused for each line, since a million objects would be garbage. */
export interface MovingLine extends TrailLine {
  /** Its number in its file, from 1, if lines are counted. */
  readonly number: number;
  /** Moves on to another line. */
  moveTo(bytes: Buffer, start: number, end: number, number?: number): MovingLine;
}

/** Where the two hashes begin, in bytes before the end of a line; each is 64 characters long. */
const HASH_BEFORE_END = 66;
const PREV_BEFORE_END = 140;
const HASH_LENGTH = 64;

/** A line that does not point anywhere yet. */
export function createLine(): MovingLine {
  let bytes: Buffer = Buffer.alloc(0);
  let [start, end, number] = [0, 0, 0];
  const hashAt = (beforeEnd: number): string =>
    end - start < beforeEnd ? "" : bytes.toString("latin1", end - beforeEnd, end - beforeEnd + HASH_LENGTH);
  const line: MovingLine = {
    get bytes() {
      return bytes;
    },
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get number() {
      return number;
    },
    get seq() {
      return seqIn(bytes, start, end);
    },
    get hash() {
      return hashAt(HASH_BEFORE_END);
    },
    get prevHash() {
      return hashAt(PREV_BEFORE_END);
    },
    get text() {
      return bytes.toString("utf8", start, end);
    },
    hasHash: (hash) => end - start >= HASH_BEFORE_END && isAt(bytes, end - HASH_BEFORE_END, hash),
    moveTo(...to) {
      [bytes, start, end, number = 0] = to;
      return line;
    },
  };
  return line;
}

/** A line made from a text. */
export function lineOf(text: string): TrailLine {
  const bytes = Buffer.from(text);
  return createLine().moveTo(bytes, 0, bytes.length);
}

/** Where the hash of a line begins in its bytes. */
export const hashAt = ({ end }: TrailLine): number => end - HASH_BEFORE_END;

const SEQ = '"seq":';

/** The position after an id as we write it. */
const SEQ_AT = '{"id":"01234567-0123-0123-0123-0123456789ab",'.length;

/** The first `"seq":` is the event's own: only its id comes before it. */
function seqIn(bytes: Buffer, start: number, end: number): number {
  let at = isAt(bytes, start + SEQ_AT, SEQ) ? start + SEQ_AT : start;
  while (at < end && !isAt(bytes, at, SEQ)) at += 1;
  at += SEQ.length;
  if (at >= end || !isDigit(bytes[at])) return Number.POSITIVE_INFINITY;
  let seq = 0;
  for (; at < end && isDigit(bytes[at]); at += 1) seq = seq * 10 + ((bytes[at] ?? 0) - 0x30);
  return seq;
}

function isAt(bytes: Buffer, at: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index += 1)
    if (bytes[at + index] !== ascii.charCodeAt(index)) return false;
  return true;
}

const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39;

/**
 * Lines that may hold an identifier, found among the raw bytes of many: only these are parsed. It may find too many and never
 * too few, whichever program wrote the JSON.
 */

/** See {@link needleOf}. */
export interface Needle {
  /** The lines that may hold it, each without its newline, in their order. */
  linesIn(bytes: Uint8Array): Generator<Uint8Array>;
  /** Whether any may. */
  isIn(bytes: Uint8Array): boolean;
}

const NEWLINE = 10;

/** How the identifier is looked for. */
export function needleOf(id: string): Needle {
  const run = longestRun(id);
  const sought: Sought = {
    run: Buffer.from(run),
    isStart: id.startsWith(run),
    isEnd: id.endsWith(run),
    units: new Set(Array.from({ length: id.length }, (_, at) => id.charCodeAt(at))),
  };
  return {
    *linesIn(bytes) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const next = nextIn(text, sought);
      for (let hit = next(0); hit !== -1; ) {
        const start = text.lastIndexOf(NEWLINE, hit) + 1;
        const newline = text.indexOf(NEWLINE, hit);
        const end = newline === -1 ? text.length : newline;
        yield text.subarray(start, end);
        hit = end < text.length ? next(end + 1) : -1;
      }
    },
    isIn: (bytes) => nextIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), sought)(0) !== -1,
  };
}

/** The characters that some program writes in another way into JSON, though it need not. */
const ESCAPED_BY_SOME = /["\\/<>&'\p{Cc}]+/u;

const longestRun = (id: string): string =>
  id.split(ESCAPED_BY_SOME).reduce((longest, run) => (run.length > longest.length ? run : longest), "");

interface Sought {
  readonly run: Buffer;
  /** Whether the run is the beginning of the identifier, and its end: what stands beside it then counts. */
  readonly isStart: boolean;
  readonly isEnd: boolean;
  /** Any character may be written as `\u0061`. UTF-16 */
  readonly units: ReadonlySet<number>;
}

/** Finds where it may be next, from a place on; -1: nowhere. */
function nextIn(text: Buffer, sought: Sought): (from: number) => number {
  let [plain, escaped] = [-2, -2];
  return (from) => {
    if (plain !== -1 && plain < from) plain = nextPlain(text, sought, from);
    if (escaped !== -1 && escaped < from) escaped = nextEscaped(text, sought, from);
    if (plain === -1 || escaped === -1) return Math.max(plain, escaped);
    return Math.min(plain, escaped);
  };
}

function nextPlain(text: Buffer, { run, isStart, isEnd }: Sought, from: number): number {
  for (let at = text.indexOf(run, from); at !== -1; at = text.indexOf(run, at + 1)) {
    const isInWord =
      (isStart && isWordByte(text[at - 1]) && !endsEscape(text, at)) ||
      (isEnd && isWordByte(text[at + run.length]));
    if (!isInWord) return at;
  }
  return -1;
}

/** An ASCII letter, a digit or `_`; of another byte it is not known. */
const isWordByte = (byte = 0): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x5f;

const BACKSLASH = 0x5c;

/** Whether the letter or digit before a place may be the end of an escape, as `\n` or `\u000a`, and no part of a word. */
const endsEscape = (text: Buffer, at: number): boolean =>
  text[at - 2] === BACKSLASH || text[at - 6] === BACKSLASH;

const UNICODE = Buffer.from("\\u");

function nextEscaped(text: Buffer, { units }: Sought, from: number): number {
  for (let at = text.indexOf(UNICODE, from); at !== -1; at = text.indexOf(UNICODE, at + 2))
    if (units.has(Number.parseInt(text.toString("latin1", at + 2, at + 6), 16))) return at;
  return -1;
}

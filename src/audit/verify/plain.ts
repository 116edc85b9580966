/**
 * Recognizes JSON in canonical form (RFC 8785) that is also plain: printable ASCII without escapes, and whole numbers. Each
 * function takes a position and returns the one after what it found there, or -1 if something else is there. That is not
 * an error: a slower reader decides.
 */

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** How deep values may nest; deeper ones could overflow the stack. */
const DEPTH_MAX = 32;

/** More digits than this are not exact in a double. */
const DIGITS_MAX = 15;

/** 1 for bytes that JSON does not escape. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== QUOTE && byte !== 0x5c ? 1 : 0,
);

/** `text` as bytes to be compared with {@link skipWord}. */
export const word = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The position after `expected`, if that is at `at`. */
export function skipWord(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return -1;
  }
  return at + expected.length;
}

/** The position after a plain text and its quotes. */
export function skipText(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  let end = at + 1;
  while (PLAIN[bytes[end] ?? 0] === 1) end += 1;
  return bytes[end] === QUOTE ? end + 1 : -1;
}

/** The position after a list of plain texts. */
export function skipTexts(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== OPEN_LIST) return -1;
  if (bytes[at + 1] === CLOSE_LIST) return at + 2;
  for (let next = at; ; ) {
    next = skipText(bytes, next + 1);
    if (bytes[next] === CLOSE_LIST) return next + 1;
    if (bytes[next] !== COMMA) return -1; // also when `next` is -1, where there is no byte
  }
}

/** The position after an object whose members are sorted by name, each name once. */
export function skipObject(bytes: Uint8Array, at: number, depth = 0): number {
  if (bytes[at] !== OPEN_OBJECT || depth === DEPTH_MAX) return -1;
  if (bytes[at + 1] === CLOSE_OBJECT) return at + 2;
  let name = -1; // where the name of the previous member begins
  for (let next = at; ; ) {
    const begin = next + 1;
    const colon = skipText(bytes, begin);
    if (bytes[colon] !== COLON || (name >= 0 && !isBefore(bytes, name, begin))) return -1;
    name = begin;
    next = skipValue(bytes, colon + 1, depth + 1);
    if (bytes[next] === CLOSE_OBJECT) return next + 1;
    if (bytes[next] !== COMMA) return -1;
  }
}

/** Whether one plain text sorts before another. Both are quoted; the closing quote marks the end. */
function isBefore(bytes: Uint8Array, one: number, other: number): boolean {
  for (let index = 1; ; index += 1) {
    const a = bytes[one + index] ?? QUOTE;
    const b = bytes[other + index] ?? QUOTE;
    if (a === QUOTE || b === QUOTE) return a !== b && a === QUOTE;
    if (a !== b) return a < b;
  }
}

const [TRUE, FALSE, NULL] = [word("true"), word("false"), word("null")];

function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return skipText(bytes, at);
  if (byte === OPEN_OBJECT) return skipObject(bytes, at, depth);
  if (byte === OPEN_LIST) return skipList(bytes, at, depth);
  if (byte === TRUE[0]) return skipWord(bytes, at, TRUE);
  if (byte === FALSE[0]) return skipWord(bytes, at, FALSE);
  if (byte === NULL[0]) return skipWord(bytes, at, NULL);
  return skipInteger(bytes, at);
}

function skipList(bytes: Uint8Array, at: number, depth: number): number {
  if (depth === DEPTH_MAX) return -1;
  if (bytes[at + 1] === CLOSE_LIST) return at + 2;
  for (let next = at; ; ) {
    next = skipValue(bytes, next + 1, depth + 1);
    if (bytes[next] === CLOSE_LIST) return next + 1;
    if (bytes[next] !== COMMA) return -1;
  }
}

/** The position after a whole number. The caller rejects a fraction or an exponent, since it expects a comma or a bracket there. */
export function skipInteger(bytes: Uint8Array, at: number): number {
  const begin = bytes[at] === MINUS ? at + 1 : at;
  if (bytes[begin] === ZERO) return begin === at ? at + 1 : -1; // canonical JSON writes -0 as 0
  let end = begin;
  for (let byte = bytes[end] ?? 0; byte >= ZERO && byte <= ZERO + 9; byte = bytes[end] ?? 0) end += 1;
  return end === begin || end - begin > DIGITS_MAX ? -1 : end;
}

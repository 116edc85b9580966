/** The levels of a page's entries: runs of one level, and groups of eight packed into bits. */

/** Levels of a page, and how many entries have the highest one. */
export interface Levels {
  /** Empty where there is only one level. */
  readonly of: Uint8Array;
  readonly highest: number;
}

const NO_LEVELS = new Uint8Array();

/** Levels of a column where there is only one: every entry has it. */
export const onlyLevel = (entries: number): Levels => ({ of: NO_LEVELS, highest: entries });

/**
 * Decodes a level for each entry.
 * @param bytes the encoded levels and nothing else
 * @throws Error when they end too early
 */
export function readLevels(bytes: Uint8Array, highest: number, entries: number): Levels {
  if (highest === 0) return onlyLevel(entries);
  const width = 32 - Math.clz32(highest);
  const levels = new Uint8Array(entries);
  const state = { at: 0, count: 0 };
  for (let seen = 0; seen < entries; ) {
    const header = readHeader(bytes, state);
    const end = Math.min(entries, seen + ((header & 1) === 0 ? header >>> 1 : (header >>> 1) * 8));
    if (end === seen) throw new Error("a run of levels is empty");
    if ((header & 1) === 0) fillRun(bytes, state, levels.subarray(seen, end), highest);
    else unpack(bytes, state, levels, { seen, end, width, highest });
    seen = end;
  }
  return { of: levels, highest: state.count };
}

interface State {
  at: number;
  /** Entries with the highest level so far. */
  count: number;
}

/** A number in groups of seven bits, the lowest first. */
function readHeader(bytes: Uint8Array, state: State): number {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = byteAt(bytes, state.at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new Error("a run of levels is too long");
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Error("the levels of a page end too early");
  return byte;
}

function fillRun(bytes: Uint8Array, state: State, run: Uint8Array, highest: number): void {
  const level = byteAt(bytes, state.at++);
  if (level === highest) state.count += run.length;
  if (level !== 0) run.fill(level);
}

interface Group {
  readonly seen: number;
  readonly end: number;
  readonly width: number;
  readonly highest: number;
}

/** Up to the end of the entries; what is packed behind them is padding. */
function unpack(bytes: Uint8Array, state: State, levels: Uint8Array, group: Group): void {
  const { seen, end, width, highest } = group;
  const mask = (1 << width) - 1;
  let { at, count } = state;
  let [data, bits] = [0, 0];
  for (let index = seen; index < end; index++) {
    while (bits < width) {
      data |= byteAt(bytes, at++) << bits;
      bits += 8;
    }
    const level = data & mask;
    data >>>= width;
    bits -= width;
    levels[index] = level;
    if (level === highest) count += 1;
  }
  state.at += Math.ceil((end - seen) / 8) * width;
  state.count = count;
}

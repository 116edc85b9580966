/**
 * Joins records from second readings, and from newer snapshots of a chain, with the streams and series of other blocks. A
 * server accepts a stream or a series only in time order, so a line that lacks records and the line that has them are sent as
 * one.
 */
import { type Block, fileOf } from "../format/block.ts";
import { isJoined, joinKey, joinLines } from "../format/join-lines.ts";
import { keepRecords } from "../format/keep-records.ts";
import { linesOf } from "../format/lines.ts";
import { recordsOf } from "../format/record-keys.ts";

/**
 * The blocks of one data file, passed on one after another, each with the records that belong to its lines and lie in other
 * blocks.
 */
export interface Additions {
  /**
   * The records of a block, uncompressed, including those that second readings add to its lines. For an added block, the
   * records that no other block has taken. Each block has one turn, in the order of `byBlockTime`.
   * @param isAsked which added blocks it may take records from; default: all
   */
  joined(block: Block, bytes: Uint8Array, isAsked?: (added: Block) => boolean): Promise<Joined>;
  /** Ends the block's turn although nothing of it was returned. No other block may take records from it. */
  pass(block: Block): void;
}

/** A block with the records added to it. */
interface Joined {
  readonly bytes: Uint8Array;
  /** The added blocks from which it has taken records. */
  readonly taken: readonly Block[];
}

/** How much of second readings to hold at once. If more was added to a window, the rest stays in its own blocks. Bytes. */
const HELD_BYTES_MAX = 32 << 20;

/**
 * @param blocks of one data file
 * @param read returns the bytes of a block, uncompressed, or `undefined` if it cannot be read
 */
export function createAdditions(
  blocks: readonly Block[],
  read: (block: Block) => Promise<Uint8Array | undefined>,
): Additions {
  // Blocks that have not had their turn yet; the rest of the others was already returned.
  let waiting = blocks.filter((block) => block.reread && isJoined(fileOf(block)));
  // For each added block that is being joined, its remaining lines by join key.
  const left = new Map<Block, Lines>();

  const open = async (block: Block): Promise<void> => {
    const bytes = heldBytes(left.keys()) + (block.raw ?? block.bytes);
    const text = left.has(block) || bytes > HELD_BYTES_MAX ? undefined : await read(block);
    if (text !== undefined) left.set(block, byKey(fileOf(block), text));
  };
  const pass = (block: Block): void => {
    if (!block.reread) return;
    waiting = waiting.filter((one) => one !== block);
    left.delete(block);
  };
  return {
    pass,
    async joined(block, bytes, isAsked = () => true) {
      const rest = left.get(block);
      const own = rest === undefined ? bytes : toBytes(rest.values());
      pass(block);
      const fitting = waiting.filter((one) => reaches(block, one) && isAsked(one));
      for (const one of fitting) await open(one);
      const lines = new Map(fitting.flatMap((one) => entry(one, left.get(one))));
      if (lines.size === 0) return { bytes: own, taken: [] };
      const taken = new Set<Block>();
      return { bytes: toBytes(joinAll(block, own, lines, taken)), taken: [...taken] };
    },
  };
}

/** Lines by join key. */
type Lines = Map<string, string>;

const entry = (block: Block, lines: Lines | undefined): [Block, Lines][] =>
  lines === undefined ? [] : [[block, lines]];

const heldBytes = (blocks: Iterable<Block>): number =>
  [...blocks].reduce((sum, { raw, bytes }) => sum + (raw ?? bytes), 0);

/** Whether an added block may hold records older than the block's end. One that ends before the block begins has had its turn. */
const reaches = ({ range }: Block, added: Block): boolean =>
  range !== undefined &&
  added.range !== undefined &&
  added.range.from < range.to &&
  added.range.to > range.from;

/** The lines of an added block, those of one stream or series joined. */
function byKey(file: string, bytes: Uint8Array): Lines {
  const lines: Lines = new Map();
  for (const text of textsOf(bytes)) {
    const key = joinKey(file, text) ?? `${lines.size}`;
    const known = lines.get(key);
    lines.set(key, known === undefined ? text : joinLines(file, [known, text]));
  }
  return lines;
}

/** The block's lines, each joined with the remaining records for it, which are then removed; `taken` notes their blocks. */
function* joinAll(
  block: Block,
  bytes: Uint8Array,
  left: ReadonlyMap<Block, Lines>,
  taken: Set<Block>,
): Generator<string> {
  const file = fileOf(block);
  for (const { text, key, end } of linesToJoin(block, bytes, left)) {
    const more: string[] = [];
    for (const [added, lines] of key === undefined ? [] : left) {
      const found = take({ file, end }, key ?? "", lines);
      if (found === undefined) continue;
      more.push(found);
      taken.add(added);
    }
    yield more.length === 0 ? text : joinLines(file, [text, ...more]);
  }
}

interface LineToJoin {
  readonly text: string;
  /** Absent if nothing remains for it. */
  readonly key?: string;
  /** Newer records may belong to a later line of the same series, in this block or another. ns */
  readonly end: bigint;
}

/** If a block has several lines of one series, each ends where the next begins. */
function linesToJoin(block: Block, bytes: Uint8Array, left: ReadonlyMap<Block, Lines>): LineToJoin[] {
  const file = fileOf(block);
  const ends = new Map<string, bigint>();
  const found: LineToJoin[] = [];
  for (const text of [...textsOf(bytes)].reverse()) {
    const key = joinKey(file, text);
    const isWanted = key !== undefined && [...left.values()].some((lines) => lines.has(key));
    const end = (isWanted ? ends.get(key) : undefined) ?? block.range?.to ?? 0n;
    if (isWanted) ends.set(key, firstTime(file, text) ?? end);
    found.push({ text, end, ...(isWanted ? { key } : {}) });
  }
  return found.reverse();
}

function firstTime(file: string, text: string): bigint | undefined {
  const times = [...recordsOf(file, JSON.parse(text))].flatMap(({ time }) => time?.from ?? []);
  return times.length === 0 ? undefined : times.reduce((first, time) => (time < first ? time : first));
}

/** Takes a series' records that are older than `end`, ns. */
function take({ file, end }: { file: string; end: bigint }, key: string, lines: Lines): string | undefined {
  const text = lines.get(key);
  if (text === undefined) return undefined;
  const isOlder = [...recordsOf(file, JSON.parse(text))].map(
    ({ time }) => time !== undefined && time.from < end,
  );
  const [goesAlong, stays] = [isOlder.values(), isOlder.values()];
  const rest = keepRecords(file, text, () => stays.next().value === false);
  if (rest === undefined) lines.delete(key);
  else lines.set(key, rest);
  return keepRecords(file, text, () => goesAlong.next().value === true);
}

function* textsOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const line of linesOf(bytes)) yield decoder.decode(line);
}

const toBytes = (lines: Iterable<string>): Uint8Array =>
  Buffer.from([...lines].map((line) => `${line}\n`).join(""));

/**
 * What second readings have added to the streams and series of other blocks. A server takes a stream or a series in the
 * order of time only: a line that lacks some of it and the line that has these are given to it as one.
 */
import type { Block } from "../format/block.ts";
import { joinKey, joinLines } from "../format/join-lines.ts";
import { keepRecords } from "../format/keep-records.ts";
import { linesOf } from "../format/lines.ts";
import { recordsOf } from "../format/record-keys.ts";

export interface Additions {
  /**
   * The records of a block, uncompressed, with those that second readings have added to its lines; of a block that was
   * added, what no other block has taken. To be asked of each block in the order of `byBlockTime`.
   */
  joined(block: Block, bytes: Uint8Array): Promise<Uint8Array>;
}

/** What is held of second readings at once; of a window to which more was added, the rest is left where it is. Bytes. */
const HELD_BYTES_MAX = 32 << 20;

/**
 * @param blocks of one data file
 * @param read the bytes of a block, uncompressed; `undefined` where they cannot be had
 */
export function createAdditions(
  blocks: readonly Block[],
  read: (block: Block) => Promise<Uint8Array | undefined>,
): Additions {
  const added = blocks.filter((block) => block.reread && JOINED_FILES.has(fileOf(block)));
  // Of each block that was added and is being joined: its lines that are left, by what they can be joined with.
  const left = new Map<Block, Map<string, string>>();

  const open = async (block: Block): Promise<void> => {
    const bytes = heldBytes(left.keys()) + (block.raw ?? block.bytes);
    const text = left.has(block) || bytes > HELD_BYTES_MAX ? undefined : await read(block);
    if (text !== undefined) left.set(block, byKey(fileOf(block), text));
  };
  return {
    async joined(block, bytes) {
      if (block.reread) {
        const rest = left.get(block);
        left.delete(block);
        return rest === undefined ? bytes : toBytes(rest.values());
      }
      const fitting = added.filter((one) => reaches(block, one));
      for (const one of fitting) await open(one);
      const lines = fitting.flatMap((one) => left.get(one) ?? []);
      return lines.length === 0 ? bytes : toBytes(joinAll(block, bytes, lines));
    },
  };
}

/** Of these a server takes what is older than the newest only to a point, or not at all. */
const JOINED_FILES: ReadonlySet<string> = new Set(["logs.json", "metrics.json"]);

const fileOf = ({ of, file }: Block): string => of ?? file;

const heldBytes = (blocks: Iterable<Block>): number =>
  [...blocks].reduce((sum, { raw, bytes }) => sum + (raw ?? bytes), 0);

/** Whether some of what was added may be older than the block's end, and no older than its window. */
function reaches({ range, window = range }: Block, added: Block): boolean {
  if (range === undefined || window === undefined || added.range === undefined) return false;
  return added.range.from < range.to && added.range.to > window.from;
}

/** The lines of an added block, those of one stream or series joined. */
function byKey(file: string, bytes: Uint8Array): Map<string, string> {
  const lines = new Map<string, string>();
  for (const text of textsOf(bytes)) {
    const key = joinKey(file, text) ?? `${lines.size}`;
    const known = lines.get(key);
    lines.set(key, known === undefined ? text : joinLines(file, [known, text]));
  }
  return lines;
}

/** The block's lines, each with what is left for it; what is taken is left no more. */
function* joinAll(block: Block, bytes: Uint8Array, left: readonly Map<string, string>[]): Generator<string> {
  const file = fileOf(block);
  for (const text of textsOf(bytes)) {
    const key = joinKey(file, text);
    const more = key === undefined ? [] : left.flatMap((lines) => take(block, key, lines) ?? []);
    yield more.length === 0 ? text : joinLines(file, [text, ...more]);
  }
}

/** Takes what is older than the block's end: what is newer may be for a later block of the same series. */
function take(block: Block, key: string, lines: Map<string, string>): string | undefined {
  const file = fileOf(block);
  const text = lines.get(key);
  if (text === undefined) return undefined;
  const end = block.range?.to ?? 0n;
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

/** A snapshot as it may be restored: what was erased since it was made is not in what is read of it. */
import type { Counts, Json } from "../../contract/contract.ts";
import { trimmedBlock } from "../../snapshot/catalog/trim.ts";
import { type Block, fileOf } from "../../snapshot/format/block.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { kindOf } from "../../snapshot/format/file-totals.ts";
import { formatOf } from "../../snapshot/format/formats.ts";
import { keepRecords } from "../../snapshot/format/keep-records.ts";
import { linesOf } from "../../snapshot/format/lines.ts";
import { members } from "../../snapshot/format/members.ts";
import { recordsOf } from "../../snapshot/format/record-keys.ts";
import type { OpenSnapshot } from "../../snapshot/read/reader.ts";
import type { RecordsOf } from "./tag.ts";
import type { Erased } from "./tombstones.ts";

/**
 * Leaves out the records that have a tombstone; {@link OpenSnapshot.erased} says how many. Files of bytes are as they are: who writes
 * them back asks {@link OpenSnapshot.isErased}.
 */
export function withoutErased(snapshot: OpenSnapshot, { isErased }: Pick<Erased, "isErased">): OpenSnapshot {
  const owners = new Map<string, string>();
  const erased = new Map<string, Counts>();

  const read: OpenSnapshot["read"] = async (block, into) => {
    const bytes = await snapshot.read(block, into);
    const plugin = owners.get(block.file);
    if (plugin === undefined || kindOf(block) !== "records") return bytes;
    const of = { plugin, file: fileOf(block) };
    const left = leftOf(bytes, of, (content) => isErased(of, content));
    if (left === undefined) return bytes;
    const { counts } = await trimmedBlock(block, of.file, yielded(left.lines));
    erased.set(keyOf(block), { ...lessThan(block.counts, counts), ...left.gone });
    return Buffer.from(left.lines.map((line) => `${line}\n`).join(""));
  };
  return {
    ...snapshot,
    read,
    // Every block that is read was found here.
    async *blocks() {
      for await (const placed of snapshot.blocks()) {
        owners.set(placed.block.file, placed.plugin);
        yield placed;
      }
    },
    async *lines(block) {
      const decoder = decoderOf();
      for (const line of linesOf(await read(block))) yield decoder.decode(line);
    },
    erased: (block) => erased.get(keyOf(block)),
    isErased,
  };
}

const keyOf = ({ file, offset }: Block): string => `${offset} ${file}`;

const decoderOf = (): TextDecoder => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function* yielded(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** What is left of a block. */
interface Left {
  readonly lines: readonly string[];
  /** What the lines that are gone as a whole count as besides their records. */
  readonly gone: Counts;
}

/** @returns `undefined`: all of it is left */
function leftOf(
  bytes: Uint8Array,
  { file }: RecordsOf,
  isGone: (content: string) => boolean,
): Left | undefined {
  const decoder = decoderOf();
  const { lineCounts } = formatOf(file) ?? {};
  const lines: string[] = [];
  const gone: Record<string, number> = {};
  let isWhole = true;
  for (const line of linesOf(bytes)) {
    const text = decoder.decode(line);
    const which = goneIn(file, text, isGone);
    const kept = which.size === 0 ? text : withoutThese(file, text, which);
    if (kept !== undefined) lines.push(kept);
    else if (lineCounts !== undefined) addCounts(gone, lineCounts(members(JSON.parse(text))));
    isWhole &&= which.size === 0;
  }
  return isWhole ? undefined : { lines, gone };
}

/** Which of a line's records were erased, by their place in it. */
const goneIn = (file: string, text: string, isGone: (content: string) => boolean): ReadonlySet<number> =>
  new Set(contentsOf(file, text).flatMap((content, number) => (isGone(content) ? [number] : [])));

/** A line that is none of its file's has no records: whoever restores it says so. */
function contentsOf(file: string, text: string): string[] {
  try {
    const line: Json = JSON.parse(text);
    return Array.from(recordsOf(file, line), ({ content }) => content);
  } catch {
    return [];
  }
}

function withoutThese(file: string, text: string, gone: ReadonlySet<number>): string | undefined {
  let number = 0;
  return keepRecords(file, text, () => !gone.has(number++));
}

function lessThan(before: Counts, after: Counts): Counts {
  const less = Object.entries(before).flatMap(([unit, count]) => {
    const gone = count - (after[unit] ?? 0);
    return gone > 0 ? [[unit, gone] as const] : [];
  });
  return Object.fromEntries([...less, ...less.flatMap((one) => inRange(before, one))]);
}

/** Of how many a server counts those of a time alone, at most so many are gone. */
function inRange(before: Counts, [unit, gone]: readonly [string, number]): [string, number][] {
  const there = before[`${unit}InRange`] ?? 0;
  return there === 0 ? [] : [[`${unit}InRange`, Math.min(gone, there)]];
}

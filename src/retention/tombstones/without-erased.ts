/** A snapshot as it may be restored: what was erased since it was made is not in what is read of it. */
import type { Counts, Json } from "../../contract/contract.ts";
import { trimmedBlock } from "../../snapshot/catalog/trim.ts";
import { type Block, fileOf } from "../../snapshot/format/block.ts";
import { kindOf } from "../../snapshot/format/file-totals.ts";
import { keepRecords } from "../../snapshot/format/keep-records.ts";
import { linesOf } from "../../snapshot/format/lines.ts";
import { recordsOf } from "../../snapshot/format/record-keys.ts";
import type { OpenSnapshot } from "../../snapshot/read/reader.ts";
import type { RecordsOf } from "./tag.ts";
import type { Erased } from "./tombstones.ts";

/** Leaves out the records that have a tombstone; {@link OpenSnapshot.erased} says how many. Files of bytes are as they are. */
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
    const { counts } = await trimmedBlock(block, of.file, yielded(left));
    erased.set(keyOf(block), lessThan(block.counts, counts));
    return Buffer.from(left.map((line) => `${line}\n`).join(""));
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
  };
}

const keyOf = ({ file, offset }: Block): string => `${offset} ${file}`;

const decoderOf = (): TextDecoder => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function* yielded(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** What is left of a block's lines; `undefined`: all of it. */
function leftOf(
  bytes: Uint8Array,
  { file }: RecordsOf,
  isGone: (content: string) => boolean,
): string[] | undefined {
  const decoder = decoderOf();
  const left: string[] = [];
  let isWhole = true;
  for (const line of linesOf(bytes)) {
    const text = decoder.decode(line);
    const gone = goneIn(file, text, isGone);
    const kept = gone.size === 0 ? text : withoutThese(file, text, gone);
    if (kept !== undefined) left.push(kept);
    isWhole &&= gone.size === 0;
  }
  return isWhole ? undefined : left;
}

/** Which of a line's records were erased, by their place in it. */
const goneIn = (
  file: string,
  text: string,
  isGone: (content: string) => boolean,
): ReadonlySet<number> =>
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

const lessThan = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(
    Object.entries(before).flatMap(([unit, count]) => {
      const less = count - (after[unit] ?? 0);
      return less > 0 ? [[unit, less]] : [];
    }),
  );

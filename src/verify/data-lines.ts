/** Checks a block's contents: every line is parsed and counted. */

import { relieveNow } from "../engine/memory-pressure.ts";
import { type Block, fileOf } from "../snapshot/format/block.ts";
import { decompressBlock } from "../snapshot/format/compress.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { formatOf } from "../snapshot/format/formats.ts";
import type { LineFacts } from "../snapshot/format/line-format.ts";
import { countLines, linesToParse } from "../snapshot/format/lines.ts";
import { measureLine, parseJson } from "../snapshot/format/measure-line.ts";
import type { KeySet } from "../units/key-set.ts";
import { messageOf } from "../units/message-of.ts";
import { countedUnit } from "../units/unit-text.ts";
import { counted, thereAre } from "../units/words.ts";

/** Reports what is wrong with the block, or with one line of its file. */
export type Blame = (what: string, line?: number) => void;

interface RecordsToCheck {
  readonly block: Block;
  /** As stored. */
  readonly bytes: Uint8Array;
  /** The number that the block's first line has in its file, from 1. */
  readonly first: number;
  /** Ids already seen in the same data file. */
  readonly ids: KeySet;
  readonly blame: Blame;
}

/** An object whose name ends in `.json` must be JSON. */
export function checkObject(block: Block, bytes: Uint8Array, blame: Blame): void {
  if (block.file.endsWith(".json")) attempt(() => parseJson(bytes), blame);
}

/** Only the size of bytes is known. @throws SnapshotError when they cannot be decompressed */
export async function checkBytes({ raw }: Block, bytes: Uint8Array): Promise<void> {
  if (raw !== undefined) await decompressBlock(bytes, raw);
}

/** Parses every line, counts what is in it, and compares the sums with the index. @throws SnapshotError when it does not decompress */
export async function checkRecords({ block, bytes, first, ids, blame }: RecordsToCheck): Promise<void> {
  const text = block.raw === undefined ? bytes : await decompressBlock(bytes, block.raw);
  const found = countLines(text);
  if (found !== block.records) blame(`the index says ${counted(block.records, "line")}, ${thereAre(found)}`);
  if (text.length > 0 && text.at(-1) !== 10) blame("its last line has no end");
  const sum: Record<string, number> = {};
  let number = first;
  for (const line of linesToParse(text, relieveNow)) {
    attempt(
      () => addCounts(sum, checkLine(line, block, ids)),
      (what) => blame(what, number),
    );
    number += 1;
  }
  const claims = formatOf(fileOf(block))?.check?.claims(block.counts) ?? {};
  for (const [unit, claimed] of Object.entries(claims)) {
    if (!isTrue(block, unit, claimed, sum[unit] ?? 0))
      blame(`the index says ${countedUnit(claimed, unit)}, ${thereAre(sum[unit] ?? 0)}`);
  }
}

/**
 * Whether a count is right. A line of an added block may be part of a trace that another block counts, so fewer may be claimed
 * than found.
 */
const isTrue = (block: Block, unit: string, claimed: number, found: number): boolean =>
  claimed === found ||
  (block.reread === true && unit === formatOf(fileOf(block))?.lineUnit && claimed < found);

/** @returns what is in it @throws Error saying what is wrong with it */
function checkLine(line: Uint8Array, block: Block, ids: KeySet): LineFacts["counts"] {
  const { id, counts } = measureLine(line, block.of ?? block.file, block.range);
  if (id !== undefined && !ids.add(id) && !block.reread) throw new Error(`${id} is there twice`);
  return counts;
}

function attempt(work: () => void, blame: (what: string) => void): void {
  try {
    work();
  } catch (error) {
    blame(messageOf(error));
  }
}

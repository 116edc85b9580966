/** The only reader of `blocks.jsonl`. The caller decides what to do about a wrong line: refuse it, stop there, or report it. */
import type { Storage } from "../../storage/storage.ts";
import { messageOf } from "../../units/message-of.ts";
import { fileOf, type IndexLine, parseIndexLine } from "../format/block.ts";
import { INDEX_LINE_BYTES_MAX } from "../format/limits.ts";
import { fileLines, type Line } from "../format/lines.ts";
import { staysInside } from "../format/paths.ts";

/** The block index: the checkpoint of an export, and the table of contents of a snapshot. */
export const INDEX_FILE = "blocks.jsonl";

/** A line of the index: its content, or what is wrong with it. */
type NumberedIndexLine = Line & {
  /** From 1. */
  readonly number: number;
} & ({ readonly said: IndexLine } | { readonly flaw: string });

/** Every line, including an unfinished one. @throws SnapshotError for a line that is too long; what opening the file throws */
export async function* indexLines(files: Storage): AsyncGenerator<NumberedIndexLine> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let number = 0;
  for await (const line of fileLines(files, INDEX_FILE, INDEX_LINE_BYTES_MAX)) {
    number += 1;
    yield { ...line, number, ...read(line.bytes, decoder) };
  }
}

function read(bytes: Uint8Array, decoder: TextDecoder): { said: IndexLine } | { flaw: string } {
  try {
    const said = parseIndexLine(decoder.decode(bytes));
    const names = said.block === undefined ? [] : [said.block.file, fileOf(said.block)];
    return names.every(staysInside) ? { said } : { flaw: "names a file outside the snapshot" };
  } catch (error) {
    return { flaw: messageOf(error) };
  }
}

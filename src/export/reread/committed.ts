/** Reads back, through the index, what a running export has committed of one backend. */
import type { Json } from "../../contract/contract.ts";
import { relieveNow } from "../../engine/memory-pressure.ts";
import type { Block } from "../../snapshot/format/block.ts";
import type { LineRecord } from "../../snapshot/format/line-format.ts";
import { linesToParse } from "../../snapshot/format/lines.ts";
import { recordsOf } from "../../snapshot/format/record-keys.ts";
import { createByteReader } from "../../snapshot/read/byte-reader.ts";
import { readBlock } from "../../snapshot/read/reader.ts";
import { type RecordSource, reachesInto } from "../../snapshot/read/record-source.ts";
import { readCommitted } from "../../snapshot/write/recover.ts";
import type { Storage } from "../../storage/storage.ts";

/** Reads from the disk: anything written since the last flush may not be there yet. */
export interface Committed extends RecordSource {
  /** False when only others can read its records. Absent: every block can be read here. */
  readonly canRead?: (block: Block) => boolean;
  /** Closes the files. */
  close(): Promise<void>;
}

/** @param partial the unfinished snapshot */
export function openCommitted(
  partial: Storage,
  plugin: string,
  canRead?: (file: string) => boolean,
): Committed {
  const reader = createByteReader(partial, { buffers: 1 });
  return {
    ...(canRead && { canRead: ({ file }) => canRead(file) }),
    async blocks(ranges) {
      const found: Block[] = [];
      await readCommitted(partial, async (step) => {
        if (step.plugin === plugin) found.push(...step.blocks.filter((block) => reachesInto(block, ranges)));
      });
      return found;
    },
    async eachRecord(block, visit) {
      const file = block.of ?? block.file;
      eachLineRecord(file, await readBlock(reader, block), (_, records) => {
        for (const record of records) visit(record);
      });
    },
    close: reader.close,
  };
}

/** Parses lines of a data file one by one. @throws Error at a line that is not in the file's format */
export function eachLineRecord(
  file: string,
  bytes: Uint8Array,
  visit: (line: string, records: Iterable<LineRecord>) => void,
): void {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const text of linesToParse(bytes, relieveNow)) {
    const line = decoder.decode(text);
    const value: Json = JSON.parse(line);
    visit(line, recordsOf(file, value));
  }
}

/** Decides where everything in a step goes before anything is written. */

import type { Counts } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Range } from "../../units/range.ts";
import type { Commit } from "../format/block.ts";
import { compressBlock } from "../format/compress.ts";
import type { FilePlace, OwnFile, Placement } from "./placement.ts";
import type { NewBlock } from "./stored-files.ts";

/** Checked records, as whole lines, ready to be written. */
export interface StepRecords {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly range: Range;
  readonly counts: Counts;
  readonly window?: Range;
  /** From a second reading: see `Block`. */
  readonly reread?: true;
}

/** An object that a step yields, checked: a file of its own that counts as one `unit`, such as a dashboard. */
export interface StepObject {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly unit: string;
}

/** A piece of a file with any content. */
export interface StepBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly counts: Counts;
  /** Lines name parts of it. */
  readonly isContent?: true;
}

/** What a step yielded, or a piece of it. */
export interface Yield {
  readonly records: readonly StepRecords[];
  /** Pieces of files that only this step writes. */
  readonly files?: readonly StepBytes[];
  readonly objects: readonly StepObject[];
}

/** A whole step, which is committed with everything it yielded or not at all. */
export interface WholeStep extends Yield {
  readonly commit: Commit;
}

/** A step cannot be stored, but the snapshot is intact. */
export class StepRefused extends Error {
  override readonly name = "StepRefused";
}

/** One run of bytes, and the block that will describe its place. */
export interface StepPart {
  readonly bytes: Uint8Array;
  readonly block: NewBlock;
}

/** Finds a place for everything that one step yields, and compresses it if required. */
export interface Placer {
  /** @throws StepRefused when a path is taken */
  place(yielded: Yield): Promise<StepPart[]>;
  /** The stored files that only this step writes. */
  own(): Iterable<string>;
  /** Frees its names, because nothing of it is kept. */
  release(): void;
}

/** What a placer needs. */
interface PlacerOptions {
  readonly placement: Placement;
  readonly compressed: boolean;
  /** The step's lines also go into files of its own. */
  readonly alone?: boolean;
}

/** The placer of one step. */
export function createPlacer(
  plugin: string,
  { placement, compressed, alone = false }: PlacerOptions,
): Placer {
  const files = new Map<string, OwnFile>();
  const paths = new Set<string>();
  const ownFile = (file: string): OwnFile => {
    const own = files.get(file) ?? placement.own(plugin, file);
    files.set(file, own);
    return own;
  };
  const inOwn = (file: string, bytes: number): FilePlace => {
    const place = ownFile(file).locate(bytes);
    paths.add(place.path);
    return place;
  };
  const packed = (bytes: Uint8Array) => (compressed ? compressBlock(bytes) : bytes);
  return {
    async place({ records, files: pieces = [], objects }) {
      const parts: StepPart[] = [];
      for (const one of records.filter(({ lines }) => lines > 0)) {
        const bytes = await packed(one.bytes);
        const locate = alone ? inOwn : (file: string, size: number) => placement.locate(plugin, file, size);
        const place = refusing(() => locate(one.file, bytes.length));
        parts.push({ bytes, block: recordsBlock(one, place, compressed) });
      }
      for (const piece of pieces) {
        const bytes = await packed(piece.bytes);
        const place = refusing(() => inOwn(piece.file, bytes.length));
        parts.push({ bytes, block: bytesBlock(piece, place, compressed) });
      }
      for (const { path, bytes, unit } of objects) {
        const place = refusing(() => placement.claim(plugin, path));
        parts.push({ bytes, block: { ...named(place), records: 1, counts: { [unit]: 1 } } });
      }
      return parts;
    },
    own: () => paths,
    release() {
      for (const file of files.values()) file.release();
    },
  };
}

function refusing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new StepRefused(messageOf(error), { cause: error });
  }
}

const named = ({ path, of }: FilePlace) => (path === of ? { file: path } : { file: path, of });

const rawOf = (bytes: Uint8Array, compressed: boolean) => (compressed ? { raw: bytes.length } : {});

const recordsBlock = (records: StepRecords, place: FilePlace, compressed: boolean): NewBlock => ({
  ...named(place),
  ...rawOf(records.bytes, compressed),
  records: records.lines,
  range: records.range,
  counts: records.counts,
  ...given({ window: records.window, reread: records.reread }),
});

const bytesBlock = (
  { bytes, counts, isContent }: StepBytes,
  place: FilePlace,
  compressed: boolean,
): NewBlock => ({
  ...named(place),
  ...rawOf(bytes, compressed),
  kind: "bytes",
  ...given({ content: isContent }),
  records: 0,
  counts,
});

/** What a step yields, as the parts of files that are sent. A part is an object of its own, and no two steps share one. */
import type { Block } from "../../snapshot/format/block.ts";
import type { StepPart } from "../../snapshot/write/step.ts";

/** A stored file: as much of a data file as one object holds. */
export interface StraightPart {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly blocks: readonly Block[];
}

/** Gathers runs of bytes until their file is full. */
interface PartGatherer {
  /** @returns the parts to which nothing is added any more */
  add(parts: readonly StepPart[]): StraightPart[];
  /** The others. */
  rest(): StraightPart[];
}

interface Growing {
  readonly pieces: Uint8Array[];
  readonly blocks: Block[];
  bytes: number;
}

/** Nothing is gathered yet. Bytes are copied, because their owner may use them again. */
export function createGatherer(): PartGatherer {
  const open = new Map<string, Growing>();
  const byData = new Map<string, string>();

  const closed = (path: string): StraightPart[] => {
    const part = open.get(path);
    open.delete(path);
    if (part === undefined) return [];
    const [only, ...more] = part.pieces;
    const bytes = only === undefined || more.length > 0 ? Buffer.concat(part.pieces) : only;
    return [{ path, bytes, blocks: part.blocks }];
  };
  const growing = (path: string): Growing => {
    const part = open.get(path) ?? { pieces: [], blocks: [], bytes: 0 };
    open.set(path, part);
    return part;
  };
  return {
    add: (parts) =>
      parts.flatMap(({ bytes, block }) => {
        const { file: path, of = path } = block;
        const before = byData.get(of);
        const full = before === undefined || before === path ? [] : closed(before);
        byData.set(of, path);
        const part = growing(path);
        const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
        part.blocks.push({ ...block, offset: part.bytes, bytes: bytes.length, sha256 });
        part.pieces.push(new Uint8Array(bytes));
        part.bytes += bytes.length;
        return full;
      }),
    rest: () => [...open.keys()].flatMap(closed),
  };
}

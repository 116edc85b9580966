/**
 * Compares the records of two snapshots as sets of lines, file by file, in bounded memory: each record is known by a
 * 64-bit hash of its text, so lines that were cut differently count as different records.
 */
import type { OpenSnapshot } from "./reader.ts";

export interface FileDifference {
  /** The data file, or an object's path. */
  readonly file: string;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly both: number;
}

/** Every file of either snapshot, by name. @throws SnapshotError when a block is not what was written */
export async function diffSnapshots(a: OpenSnapshot, b: OpenSnapshot): Promise<FileDifference[]> {
  const [left, right] = [await hashesByFile(a), await hashesByFile(b)];
  const files = [...new Set([...left.keys(), ...right.keys()])].sort();
  return files.map((file) => compare(file, left.get(file) ?? new Map(), right.get(file) ?? new Map()));
}

/** How often each record stands in each file. */
type Tally = Map<bigint, number>;

async function hashesByFile(snapshot: OpenSnapshot): Promise<Map<string, Tally>> {
  const files = new Map<string, Tally>();
  for await (const { block } of snapshot.blocks()) {
    const file = block.of ?? block.file;
    const tally = files.get(file) ?? new Map<bigint, number>();
    files.set(file, tally);
    const add = (text: string | Uint8Array): void => {
      const hash = Bun.hash.xxHash64(text);
      tally.set(hash, (tally.get(hash) ?? 0) + 1);
    };
    if (block.range === undefined) add(await snapshot.read(block));
    else for await (const line of snapshot.lines(block)) add(line);
  }
  return files;
}

function compare(file: string, left: Tally, right: Tally): FileDifference {
  let both = 0;
  for (const [hash, count] of left) both += Math.min(count, right.get(hash) ?? 0);
  const size = (tally: Tally): number => [...tally.values()].reduce((sum, count) => sum + count, 0);
  return { file, both, onlyA: size(left) - both, onlyB: size(right) - both };
}

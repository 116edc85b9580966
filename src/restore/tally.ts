/** What has become of one target's blocks so far. */
import type { Counts } from "../contract/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { BlockDone, BlockOutcome } from "./journal.ts";
import type { LostBlock } from "./lost.ts";

/** What all blocks of a target came to. */
export interface Sum {
  readonly written: Counts;
  /** Already there, left as it was. */
  readonly existing: Counts;
  /** Objects that differed from what was there: left, or replaced. */
  readonly differing: BlockOutcome["differing"];
  readonly rejected: number;
  /** Records that a server of this kind has no place for. */
  readonly unsupported: number;
  /** What was written, but not whole: secrets that nobody gave. */
  readonly problems: BlockOutcome["problems"];
  /** Damaged blocks: nothing of them was written. */
  readonly lost: readonly LostBlock[];
}

/** What is known of a block while it is written. */
export interface Underway {
  readonly written: Counts;
  readonly existing: Counts;
  /** Lines that were dealt with. */
  readonly lines: number;
}

/** How far it is, with what is under way. */
export interface RestoreStanding extends Pick<Sum, "written" | "existing" | "rejected"> {
  /** 0 to 1, in blocks and parts of one. */
  readonly done: number;
  /** Read from the snapshot, after decompression. */
  readonly bytes: number;
}

/** Adds up what becomes of a target's blocks. */
export interface RestoreTally {
  isUnderway(block: Block, underway: Underway): void;
  /** What became of a block. */
  note(done: BlockDone): void;
  lose(lost: LostBlock): void;
  /** The block has had its turn, and what became of it is noted. */
  close(block: Block): void;
  sum(): Sum;
  standing(): RestoreStanding;
}

const bytesOf = (block: Block): number => block.raw ?? block.bytes;

/** @param total how many blocks there are @param onChange called after each change of what is under way or done */
export function createTally(total: number, onChange: () => void): RestoreTally {
  const written: Record<string, number> = {};
  const existing: Record<string, number> = {};
  const problems: BlockOutcome["problems"][number][] = [];
  const differing: BlockOutcome["differing"][number][] = [];
  const lost: LostBlock[] = [];
  const underway = new Map<Block, Underway>();
  let [rejected, unsupported, blocks, bytes] = [0, 0, 0, 0];

  return {
    isUnderway(block, known) {
      underway.set(block, known);
      onChange();
    },
    note(done) {
      addCounts(written, done.written);
      addCounts(existing, done.existing);
      differing.push(...done.differing);
      rejected += done.rejected;
      unsupported += done.unsupported;
      problems.push(...done.problems);
    },
    lose: (one) => void lost.push(one),
    close(block) {
      underway.delete(block);
      blocks += 1;
      bytes += bytesOf(block);
      onChange();
    },
    sum: () => ({ written, existing, differing, rejected, unsupported, problems, lost }),
    standing() {
      const [allWritten, allExisting] = [{ ...written }, { ...existing }];
      let [share, read] = [0, bytes];
      for (const [block, known] of underway) {
        const part = known.lines / Math.max(1, block.records);
        addCounts(allWritten, known.written);
        addCounts(allExisting, known.existing);
        share += part;
        read += part * bytesOf(block);
      }
      return {
        written: allWritten,
        existing: allExisting,
        rejected,
        bytes: Math.round(read),
        done: (blocks + share) / total,
      };
    },
  };
}

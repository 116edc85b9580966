/** Sums up the outcomes of one target's blocks so far. */
import type { Counts } from "../contract/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { type BlockDone, type BlockOutcome, mergedRefusals, type RefusedFor } from "./journal.ts";
import type { LostBlock } from "./lost.ts";

/** The sums over all blocks of a target. */
export interface Sum {
  readonly written: Counts;
  /** Already there, and left unchanged. */
  readonly existing: Counts;
  /** Objects that differed from what was there: left, or replaced. */
  readonly differing: BlockOutcome["differing"];
  readonly rejected: number;
  /** Why, by the most frequent reasons. */
  readonly refusals?: readonly RefusedFor[];
  /** Records that this kind of server cannot store. */
  readonly unsupported: number;
  /** What was written incompletely, for example without secrets that nobody supplied. */
  readonly problems: BlockOutcome["problems"];
  /** Damaged blocks, of which nothing was written. */
  readonly lost: readonly LostBlock[];
  /** Blocks of which something was left out, each with the counts of that. */
  readonly erased: readonly Block[];
}

/** What is known about a block while it is being written. */
interface Underway {
  readonly written: Counts;
  readonly existing: Counts;
  /** Lines processed so far. */
  readonly lines: number;
}

/** The present state, including work in progress. */
export interface RestoreStanding extends Pick<Sum, "written" | "existing" | "rejected"> {
  /** 0 to 1, in blocks and parts of one. */
  readonly done: number;
  /** Read from the snapshot, after decompression. */
  readonly bytes: number;
}

/** Sums up the outcomes of a target's blocks. */
export interface RestoreTally {
  isUnderway(block: Block, underway: Underway): void;
  /** Notes the outcome of a block. */
  note(done: BlockDone): void;
  lose(lost: LostBlock): void;
  /** So much of the block was left out, since it was erased after the snapshot was made. */
  leaveOut(block: Block, erased: Counts | undefined): void;
  /** Ends the block's turn; its outcome is noted. */
  close(block: Block): void;
  sum(): Sum;
  standing(): RestoreStanding;
}

const bytesOf = (block: Block): number => block.raw ?? block.bytes;

/** @param total number of blocks @param onChange called after each change of what is in progress or done */
export function createTally(total: number, onChange: () => void): RestoreTally {
  const written: Record<string, number> = {};
  const existing: Record<string, number> = {};
  const problems: BlockOutcome["problems"][number][] = [];
  const differing: BlockOutcome["differing"][number][] = [];
  const lost: LostBlock[] = [];
  const erased: Block[] = [];
  let refusals: readonly RefusedFor[] = [];
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
      refusals = mergedRefusals([...refusals, ...(done.refusals ?? [])]);
      unsupported += done.unsupported;
      problems.push(...done.problems);
    },
    lose: (one) => void lost.push(one),
    leaveOut(block, counts) {
      if (counts !== undefined) erased.push({ ...block, counts });
    },
    close(block) {
      underway.delete(block);
      blocks += 1;
      bytes += bytesOf(block);
      onChange();
    },
    sum: () => ({ written, existing, differing, rejected, refusals, unsupported, problems, lost, erased }),
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

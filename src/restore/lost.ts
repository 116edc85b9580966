/** Blocks whose bytes have changed: nothing of them is restored, and each is reported. */

import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { Block } from "../snapshot/format/block.ts";
import { blockPlaceSchema, placeOf } from "../snapshot/format/block-place.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { messageOf } from "../units/message-of.ts";

/** A chosen block that failed its check. */
export interface LostBlock {
  readonly block: Block;
  /** Its line in the index, from 1. */
  readonly number: number;
  readonly reason: string;
}

/** A block that was not restored because its bytes have changed: where it is, and what the index says was in it. */
export const lostTextSchema = v.object({
  file: v.pipe(v.string(), v.description("relative to the snapshot")),
  block: v.pipe(v.number(), v.description("the block's line in blocks.jsonl, from 1")),
  ...blockPlaceSchema.entries,
  counts: v.pipe(objectOf(v.number()), v.description("what the index says was in it")),
  reason: v.string(),
});

/** A lost block as a report says it: see {@link lostTextSchema}. */
export type LostText = v.InferOutput<typeof lostTextSchema>;

/** A lost block in the form of reports. */
export const lostToText = ({ block, number, reason }: LostBlock): LostText => ({
  file: block.file,
  block: number,
  ...placeOf(block),
  counts: { ...block.counts },
  reason,
});

/** The block's bytes, or the finding that it is lost. @throws errors that are not due to the block's bytes */
export async function readOrLose(
  snapshot: OpenSnapshot,
  plugin: string,
  block: Block,
): Promise<Uint8Array | LostBlock> {
  try {
    return await snapshot.read(block);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const reason = messageOf(error.cause ?? error);
    return { block, number: await numberOf(snapshot, plugin, block), reason };
  }
}

/** Seldom needed: damage is searched for beforehand, so this block was still intact then. */
async function numberOf(snapshot: OpenSnapshot, plugin: string, block: Block): Promise<number> {
  for await (const one of snapshot.blocks()) {
    const isIt = one.block.file === block.file && one.block.offset === block.offset;
    if (isIt && one.plugin === plugin) return one.number;
  }
  throw new SnapshotError(`${block.file} at byte ${block.offset} is no longer in the snapshot's index`);
}

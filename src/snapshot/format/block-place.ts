import * as v from "valibot";
import { given } from "../../units/given.ts";
import type { Block } from "./block.ts";
import { rangeSchema, rangeToText } from "./range-text.ts";

/** Where a block is, in its file and in time, in the form of reports. */
export const blockPlaceSchema = v.object({
  bytes: v.pipe(
    v.object({ from: v.number(), to: v.number() }),
    v.description("the block's bytes in the stored file, half-open"),
  ),
  range: v.exactOptional(
    v.pipe(rangeSchema, v.description("the times of the block's records, half-open; absent for an object")),
  ),
});
/** Where a block lies: its file, its bytes there, and its times. */
export type BlockPlace = v.InferOutput<typeof blockPlaceSchema>;

/** A block's place: its bytes in the stored file, and the times of its records. */
export const placeOf = ({ offset, bytes, range }: Block): BlockPlace => ({
  bytes: { from: offset, to: offset + bytes },
  ...given({ range: range && rangeToText(range) }),
});

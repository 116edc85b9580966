import * as v from "valibot";
import { given } from "../../units/given.ts";
import type { Block } from "./block.ts";
import { rangeSchema, rangeToText } from "./range-text.ts";

/** Where a block lies, in its file and in time, as reports tell it. */
export const blockPlaceSchema = v.object({
  bytes: v.pipe(
    v.object({ from: v.number(), to: v.number() }),
    v.description("where the block lies in the file as it is stored, half-open"),
  ),
  range: v.exactOptional(
    v.pipe(rangeSchema, v.description("the times of the block's records, half-open; absent for an object")),
  ),
});
/** Where a block lies: its file, its bytes there, and its times. */
export type BlockPlace = v.InferOutput<typeof blockPlaceSchema>;

/** Tells where a block lies: bytes of the stored file, and the times of its records. */
export const placeOf = ({ offset, bytes, range }: Block): BlockPlace => ({
  bytes: { from: offset, to: offset + bytes },
  ...given({ range: range && rangeToText(range) }),
});

import * as v from "valibot";
import type { BlockPlace } from "../snapshot/format/block-place.ts";
import { rangeSchema } from "../snapshot/format/range-text.ts";

/** Where a block lies, as in the index. */
export const blockSpanSchema = v.object({
  offset: v.pipe(v.number(), v.description("where the block begins in the file as it is stored")),
  bytes: v.pipe(v.number(), v.description("its length there")),
  range: v.optional(
    v.pipe(rangeSchema, v.description("the times of the block's records, half-open; absent for an object")),
  ),
});

/** An offset and a length from a span of bytes; nothing from none. */
export const spanJson = (bytes: BlockPlace["bytes"] | undefined) =>
  bytes === undefined ? {} : { offset: bytes.from, bytes: bytes.to - bytes.from };

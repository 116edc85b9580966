import { ProtobufWriter } from "contextcore";
import type { Matcher } from "./matchers.ts";
import { snappyCompress } from "./snappy.ts";

export interface ReadQuery {
  /** ms, both inclusive: that is what remote read means by a range. */
  readonly fromMs: number;
  readonly lastMs: number;
  readonly matchers: readonly Matcher[];
}

const SAMPLES = 0;
const STREAMED_XOR_CHUNKS = 1;
const OPERATORS = ["=", "!=", "=~", "!~"];

/**
 * A remote read request that asks for streamed chunks first and samples else, packed.
 * Source: prometheus `prompb/remote.proto`.
 */
export function encodeReadRequest(query: ReadQuery): Uint8Array {
  const writer = new ProtobufWriter();
  writer.message(1, (message) => {
    message.varint(1, query.fromMs).varint(2, query.lastMs);
    for (const { operator, name, value } of query.matchers) {
      message.message(3, (matcher) =>
        matcher.varint(1, OPERATORS.indexOf(operator)).string(2, name).string(3, value),
      );
    }
  });
  writer.varint(2, STREAMED_XOR_CHUNKS).varint(2, SAMPLES);
  return snappyCompress(writer.finish());
}

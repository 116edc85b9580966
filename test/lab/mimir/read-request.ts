/** The request of remote read (`prompb/remote.proto`). */
import type { Matcher } from "../../../plugins/mimir/wire/matchers.ts";
import { snappyDecompress } from "../../../plugins/mimir/wire/snappy.ts";
import { ProtobufReader } from "../../../src/contract/contextcore.ts";

export interface Query {
  /** ms, both ends */
  readonly from: number;
  readonly to: number;
  readonly matchers: readonly Matcher[];
}

export interface ReadRequest {
  readonly queries: readonly Query[];
  /** Kinds of answer, by their numbers in `ReadRequest.ResponseType`. */
  readonly accepted: readonly number[];
}

/** Reads a packed request. */
export function decodeReadRequest(body: Uint8Array): ReadRequest {
  const reader = new ProtobufReader(snappyDecompress(body));
  const queries: Query[] = [];
  const accepted: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) queries.push(decodeQuery(reader.message()));
    else if (reader.field === 2) accepted.push(reader.uint32());
    else reader.skip();
  }
  return { queries, accepted };
}

function decodeQuery(reader: ProtobufReader): Query {
  let [from, to] = [0, 0];
  const matchers: Matcher[] = [];
  while (reader.next()) {
    if (reader.field === 1) from = Number(reader.int64());
    else if (reader.field === 2) to = Number(reader.int64());
    else if (reader.field === 3) matchers.push(decodeMatcher(reader.message()));
    else reader.skip();
  }
  return { from, to, matchers };
}

const OPERATORS = ["=", "!=", "=~", "!~"] as const;

function decodeMatcher(reader: ProtobufReader): Matcher {
  let operator: Matcher["operator"] = "=";
  let [name, value] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) operator = OPERATORS[reader.uint32()] ?? "=";
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) value = reader.string();
    else reader.skip();
  }
  return { operator, name, value };
}

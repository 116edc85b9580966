/** OTLP's AnyValue into protobuf: from a block's columns, or from the JSON that a block keeps of rarer ones. */
import type { MessageBuffer } from "./message.ts";
import type { ValueReader } from "./parquet/row-group.ts";

/** Fields of AnyValue. */
const [STRING, BOOL, INT, DOUBLE, ARRAY, KVLIST, BYTES] = [1, 2, 3, 4, 5, 6, 7];

/** One value of a column; bytes are written as text. */
export function writeScalar(value: unknown, out: MessageBuffer): void {
  if (value instanceof Uint8Array) out.blob(STRING, value);
  else if (typeof value === "bigint") out.integer(INT, value);
  else if (typeof value === "number") out.double(DOUBLE, value);
  else if (typeof value === "boolean") out.number(BOOL, value ? 1 : 0);
}

/** The next value of a column. */
export function writeNext(values: ValueReader, out: MessageBuffer): void {
  if (values.isText) values.takeText(STRING, out);
  else writeScalar(values.take(), out);
}

/** An array: a value that was already taken, and the rest of its list. */
export function writeArray(first: unknown, rest: ValueReader, out: MessageBuffer): void {
  const array = out.open(ARRAY);
  writeItem(first, out);
  while (rest.goesOn) writeItem(rest.take(), out);
  out.close(array);
}

function writeItem(value: unknown, out: MessageBuffer): void {
  const item = out.open(1);
  writeScalar(value, out);
  out.close(item);
}

/** An AnyValue that is a list of nothing. */
export const writeEmptyArray = (out: MessageBuffer): void => out.close(out.open(ARRAY));

/** A value in proto JSON, the form in which a block keeps arrays of mixed types, lists and bytes. */
export function writeJson(text: string, out: MessageBuffer): void {
  writeParsed(JSON.parse(text), out);
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" ? { ...value } : {};

const itemsOf = (value: unknown): readonly unknown[] => {
  const { values } = fieldsOf(value);
  return Array.isArray(values) ? values : [];
};

function writeParsed(parsed: unknown, out: MessageBuffer): void {
  const value = fieldsOf(parsed);
  if ("stringValue" in value) out.text(STRING, String(value.stringValue));
  else if ("boolValue" in value) out.number(BOOL, value.boolValue === true ? 1 : 0);
  else if ("intValue" in value) out.integer(INT, BigInt(String(value.intValue)));
  else if ("doubleValue" in value) out.double(DOUBLE, Number(value.doubleValue));
  else if ("bytesValue" in value) out.blob(BYTES, Buffer.from(String(value.bytesValue), "base64"));
  else if ("arrayValue" in value) writeItems(ARRAY, itemsOf(value.arrayValue), writeParsed, out);
  else if ("kvlistValue" in value) writeItems(KVLIST, itemsOf(value.kvlistValue), writePair, out);
}

function writePair(pair: unknown, out: MessageBuffer): void {
  const { key, value } = fieldsOf(pair);
  out.text(1, String(key ?? ""));
  const start = out.open(2);
  writeParsed(value, out);
  out.close(start);
}

function writeItems(
  field: number,
  items: readonly unknown[],
  write: (item: unknown, out: MessageBuffer) => void,
  out: MessageBuffer,
): void {
  const list = out.open(field);
  for (const item of items) {
    const start = out.open(1);
    write(item, out);
    out.close(start);
  }
  out.close(list);
}

/** One data page of a column: its levels and its values. hyparquet decodes the encodings; rows are assembled elsewhere. */
import { parquetHeader } from "hyparquet/src/column.js";
import { deltaBinaryUnpack, deltaByteArray } from "hyparquet/src/delta.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { readDeltas } from "./deltas.ts";
import { type Dictionary, inMemory, PACKED_FROM, packed } from "./dictionary.ts";
import { type Levels, onlyLevel, readLevels } from "./levels.ts";
import { decompress, release } from "./memory.ts";
import type { Leaf } from "./schema.ts";
import { textValues, type Values } from "./values.ts";

/** A page decoded: levels that say how its values are nested, and the values. */
export interface Page {
  /** How many entries it has; those without a value are counted, too. */
  readonly entries: number;
  /** Empty: all are 0. */
  readonly repetition: Uint8Array;
  /** Empty: all are the highest. */
  readonly definition: Uint8Array;
  readonly values: Values;
}

interface Reader {
  readonly view: DataView;
  offset: number;
}

type Header = ReturnType<typeof parquetHeader>;

/** Reads a dictionary page from its header on. It takes over the bytes, and may release them. */
export function readDictionary(bytes: Uint8Array, leaf: Leaf): Dictionary {
  const { header, body } = split(bytes);
  const count = header.dictionary_page_header?.num_values;
  if (count === undefined) throw new Error("the dictionary page has no header");
  const page = decompress(body, header.uncompressed_page_size, leaf);
  if (leaf.type !== "BYTE_ARRAY" || page.length < PACKED_FROM)
    return inMemory(readPlainValues(readerOf(page), leaf, count));
  // Where nothing is compressed, the page lies in these bytes.
  if (page.buffer !== bytes.buffer) release(bytes);
  const dictionary = packed(page, count);
  release(page);
  return dictionary;
}

/** Reads a data page from its header on. */
export function readPage(bytes: Uint8Array, leaf: Leaf, dictionary: Dictionary | undefined): Page {
  const { header, body } = split(bytes);
  if (header.data_page_header_v2 !== undefined) return readVersion2(header, body, leaf, dictionary);
  const info = header.data_page_header;
  if (info === undefined) throw new Error(`a ${header.type} stands where a data page should be`);
  const reader = readerOf(decompress(body, header.uncompressed_page_size, leaf));
  const repetition = readLevelsAfterLength(reader, leaf.repetition, info.num_values);
  const definition = readLevelsAfterLength(reader, leaf.definition, info.num_values);
  return {
    entries: info.num_values,
    repetition: repetition.of,
    definition: definition.of,
    values: readValues(reader, info.encoding, definition.highest, leaf, dictionary),
  };
}

/** Version 2: the levels stand before the values and are not compressed; the header has their lengths. */
function readVersion2(
  header: Header,
  body: Uint8Array,
  leaf: Leaf,
  dictionary: Dictionary | undefined,
): Page {
  const info = header.data_page_header_v2;
  if (info === undefined) throw new Error("the data page has no header");
  const {
    num_values: entries,
    repetition_levels_byte_length: first,
    definition_levels_byte_length: second,
  } = info;
  const repetition = readLevels(body.subarray(0, first), leaf.repetition, entries);
  const definition = readLevels(body.subarray(first, first + second), leaf.definition, entries);
  const compressed = body.subarray(first + second);
  const length = header.uncompressed_page_size - first - second;
  const plain = info.is_compressed === false ? compressed : decompress(compressed, length, leaf);
  return {
    entries,
    repetition: repetition.of,
    definition: definition.of,
    values: readValues(readerOf(plain), info.encoding, definition.highest, leaf, dictionary),
  };
}

/** Most values of a page: memory for them is taken before they are read. */
const VALUES_MAX = 1 << 24;

function split(bytes: Uint8Array): { header: Header; body: Uint8Array } {
  const reader = readerOf(bytes);
  const header = parquetHeader(reader);
  for (const info of [header.dictionary_page_header, header.data_page_header, header.data_page_header_v2])
    if ((info?.num_values ?? 0) > VALUES_MAX)
      throw new Error(`a page of ${info?.num_values} values is too large`);
  const body = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
  if (header.crc !== undefined && Bun.hash.crc32(body) !== header.crc >>> 0)
    throw new Error("a page does not have the checksum that its header says");
  return { header, body };
}

const readerOf = (bytes: Uint8Array): Reader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** Version 1: the length of the encoded levels is written before them. */
function readLevelsAfterLength(reader: Reader, highest: number, entries: number): Levels {
  if (highest === 0) return onlyLevel(entries);
  const length = reader.view.getUint32(reader.offset, true);
  const start = reader.offset + 4;
  reader.offset = start + length;
  return readLevels(bytesFrom(reader.view, start, length), highest, entries);
}

const restOf = ({ view, offset }: Reader): Uint8Array => bytesFrom(view, offset, view.byteLength - offset);

const bytesFrom = ({ buffer, byteOffset }: DataView, start: number, length: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + start, length);

function readValues(
  reader: Reader,
  encoding: string,
  count: number,
  leaf: Leaf,
  dictionary: Dictionary | undefined,
): Values {
  if (count === 0) return NONE;
  switch (encoding) {
    case "PLAIN":
      return readPlainValues(reader, leaf, count);
    case "RLE":
      return readBooleans(reader, count);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return readIndices(reader, count, dictionary);
    case "DELTA_BINARY_PACKED": {
      if (leaf.type !== "INT32") return listed(readDeltas(restOf(reader), count));
      const numbers = new Int32Array(count);
      deltaBinaryUnpack(reader, count, numbers);
      return listed(numbers);
    }
    case "DELTA_LENGTH_BYTE_ARRAY":
      return readLengthsThenTexts(reader, count);
    case "DELTA_BYTE_ARRAY": {
      const texts: Uint8Array[] = new Array(count);
      deltaByteArray(reader, count, texts);
      return listed(texts);
    }
    default:
      throw new Error(`the encoding ${encoding} is not known`);
  }
}

const NONE: Values = { at: () => undefined };

const listed = (values: ArrayLike<unknown>): Values => ({
  at: (index) => values[index],
  ...(values instanceof BigInt64Array ? { words: wordsIn(values) } : {}),
});

const wordsIn = ({ buffer, byteOffset, length }: BigInt64Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length * 2);

function readPlainValues(reader: Reader, leaf: Leaf, count: number): Values {
  if (leaf.type !== "BYTE_ARRAY") return listed(readPlain(reader, leaf.type, count, undefined));
  const starts = new Int32Array(count + 1);
  for (let index = 0; index < count; index++) {
    starts[index] = reader.offset + LENGTH_BYTES;
    reader.offset += LENGTH_BYTES + reader.view.getUint32(reader.offset, true);
  }
  starts[count] = reader.offset + LENGTH_BYTES;
  return texts(reader, starts, LENGTH_BYTES);
}

/** What stands before each text. */
const LENGTH_BYTES = 4;

/** All lengths, then all texts without anything between them. */
function readLengthsThenTexts(reader: Reader, count: number): Values {
  const starts = new Int32Array(count + 1);
  deltaBinaryUnpack(reader, count, starts.subarray(1));
  starts[0] = reader.offset;
  for (let index = 1; index <= count; index++) {
    reader.offset += starts[index] ?? 0;
    starts[index] = reader.offset;
  }
  return texts(reader, starts, 0);
}

/** @param starts where each text begins, and where a further one would @param between how many bytes stand before each */
function texts({ view, offset }: Reader, starts: Int32Array, between: number): Values {
  if (offset > view.byteLength) throw new Error("a page's texts are longer than the page");
  return textValues({
    bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
    start: (index) => starts[index] ?? missing(),
    end: (index) => (starts[index + 1] ?? missing()) - between,
  });
}

function missing(): never {
  throw new Error("a value is asked for that the page does not have");
}

function readBooleans(reader: Reader, count: number): Values {
  const bits = new Uint8Array(count);
  readRleBitPackedHybrid(reader, 1, bits, undefined);
  return { at: (index) => bits[index] === 1 };
}

function readIndices(reader: Reader, count: number, dictionary: Dictionary | undefined): Values {
  if (dictionary === undefined) throw new Error("the dictionary is missing");
  const width = reader.view.getUint8(reader.offset++);
  // As small as may be: a page of a column that is mostly null has the values of all rows.
  const indices = width <= 8 ? new Uint8Array(count) : new Int32Array(count);
  if (width > 0) readRleBitPackedHybrid(reader, width, indices, reader.view.byteLength - reader.offset);
  return dictionary.pick(indices);
}

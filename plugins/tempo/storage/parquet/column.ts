/** A column of one row group, read entry by entry: pages are fetched ahead, decoded one at a time, and then dropped. */
import { type AsyncBuffer, type FileMetaData, readOffsetIndex } from "hyparquet";
import type { Dictionary } from "./dictionary.ts";
import { type Page, readDictionary, readPage } from "./page.ts";
import type { Leaf } from "./schema.ts";
import { bytesOf, type TextTarget } from "./values.ts";

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

interface PagePlace {
  readonly start: number;
  readonly end: number;
  /** The row of the row group that it begins with. */
  readonly row: number;
}

const NO_PAGE: Page = { entries: 0, repetition: new Uint8Array(), definition: new Uint8Array(), values: [] };

/** A column being read. Entries are passed in order; `seek` is for a new beginning. */
export class Column {
  /** The levels of the entry that is next. */
  repetition = 0;
  definition = 0;
  readonly leaf: Leaf;
  private readonly file: AsyncBuffer;
  private readonly chunk: Chunk;
  private pages: readonly PagePlace[] = [];
  private dictionary: Dictionary | undefined;
  private readonly raw = new Map<number, Uint8Array>();
  private page = NO_PAGE;
  private nextPage = 0;
  private entry = 0;
  private value = 0;

  /** `open` must be called before anything else. */
  constructor(file: AsyncBuffer, chunk: Chunk, leaf: Leaf) {
    this.file = file;
    this.chunk = chunk;
    this.leaf = leaf;
  }

  /** Reads where its pages are, and its dictionary. */
  async open(): Promise<void> {
    const { file, leaf, chunk } = this;
    const { offset_index_offset: offset, offset_index_length: length, meta_data: details } = chunk;
    if (offset === undefined || length === undefined || details === undefined)
      throw new Error("it has no page index");
    const index = new DataView(await file.slice(Number(offset), Number(offset) + length));
    this.pages = readOffsetIndex({ view: index, offset: 0 }).page_locations.map((place) => ({
      start: Number(place.offset),
      end: Number(place.offset) + place.compressed_page_size,
      row: Number(place.first_row_index),
    }));
    const first = details.dictionary_page_offset;
    const end = this.pages[0]?.start ?? 0;
    if (first !== undefined && Number(first) > 0 && Number(first) < end)
      this.dictionary = readDictionary(new Uint8Array(await file.slice(Number(first), end)), leaf);
  }

  /** Fetches the pages that hold the rows up to `end`, unless they are there already. */
  async fetch(end: number): Promise<void> {
    let last = this.nextPage;
    while (last < this.pages.length && (this.pages[last]?.row ?? end) < end) last += 1;
    const missing = Array.from({ length: last - this.nextPage }, (_, at) => at + this.nextPage).filter(
      (at) => !this.raw.has(at),
    );
    const [from, to] = [this.pages[missing[0] ?? 0], this.pages[missing.at(-1) ?? 0]];
    if (missing.length === 0 || from === undefined || to === undefined) return;
    const bytes = new Uint8Array(await this.file.slice(from.start, to.end));
    for (const at of missing) {
      const place = this.pages[at];
      if (place !== undefined)
        this.raw.set(at, bytes.subarray(place.start - from.start, place.end - from.start));
    }
    if (this.entry >= this.page.entries) this.turn();
  }

  /** Goes to a row, and drops what was fetched. */
  async seek(row: number): Promise<void> {
    this.nextPage = Math.max(
      0,
      this.pages.findLastIndex((place) => place.row <= row),
    );
    this.raw.clear();
    [this.page, this.entry] = [NO_PAGE, 0];
    await this.fetch(row + 1);
    this.passRows(row - (this.pages.findLast((place) => place.row <= row)?.row ?? 0));
  }

  /** The value of the next entry; `undefined` if it has none. */
  take(): unknown {
    const value = this.hasValue ? this.page.values.at(this.value) : undefined;
    this.pass();
    return value;
  }

  /** Whether the next entry is a value, or begins a list that has some. */
  get hasValue(): boolean {
    return this.definition === this.leaf.definition;
  }

  /** Whether the next entry is another value of the list that the last one was of. */
  get goesOn(): boolean {
    return this.leaf.isList && this.repetition === this.leaf.repetition;
  }

  /** Whether its values are texts or other bytes. */
  get isText(): boolean {
    return this.leaf.type === "BYTE_ARRAY";
  }

  takeText(field: number, out: TextTarget): void {
    const { texts } = this.page.values;
    if (texts === undefined || !this.hasValue) {
      out.blob(field, bytesOf(this.take()));
      return;
    }
    out.blobPart(field, texts.bytes, texts.start(this.value), texts.end(this.value));
    this.pass();
  }

  /** Passes over the next entry. */
  pass(): void {
    if (this.entry >= this.page.entries) throw new Error("a column ends before its rows do");
    if (this.hasValue) this.value += 1;
    this.entry += 1;
    if (this.entry >= this.page.entries) this.turn();
    else this.look();
  }

  /** Passes over whole rows. */
  passRows(rows: number): void {
    for (let row = 0; row < rows; row++) {
      do this.pass();
      while (this.repetition > 0);
    }
  }

  /** Turns to the next page. Pages begin with a row, so if it is not fetched yet, nothing of the present row is missing. */
  private turn(): void {
    const bytes = this.raw.get(this.nextPage);
    this.entry = 0;
    this.value = 0;
    if (bytes === undefined) {
      this.page = NO_PAGE;
      this.repetition = 0;
      this.definition = NOWHERE;
      return;
    }
    this.page = readPage(bytes, this.leaf, this.dictionary);
    this.raw.delete(this.nextPage);
    this.nextPage += 1;
    this.look();
  }

  private look(): void {
    const { repetition, definition } = this.page;
    this.repetition = repetition.length === 0 ? 0 : (repetition[this.entry] ?? 0);
    this.definition = definition.length === 0 ? this.leaf.definition : (definition[this.entry] ?? 0);
  }
}

/** The level of an entry that does not exist. */
const NOWHERE = -1;

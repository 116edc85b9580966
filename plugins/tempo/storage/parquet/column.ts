/** A column of one row group, read entry by entry: pages are fetched ahead, decoded one at a time, and let go. */
import { type AsyncBuffer, type FileMetaData, readOffsetIndex } from "hyparquet";
import type { Dictionary } from "./dictionary.ts";
import { type Page, readDictionary, readPage } from "./page.ts";
import type { Leaf } from "./schema.ts";

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

interface PagePlace {
  readonly start: number;
  readonly end: number;
  /** The row of the row group that it begins with. */
  readonly row: number;
}

const NO_PAGE: Page = { entries: 0, repetition: new Uint8Array(), definition: new Uint8Array(), values: [] };
const NOTHING: readonly unknown[] = [];

export class Column {
  /** The levels of the entry that is next. */
  repetition = 0;
  definition = 0;
  readonly leaf: Leaf;
  private readonly file: AsyncBuffer;
  private readonly pages: readonly PagePlace[];
  private readonly dictionary: Dictionary | undefined;
  private readonly raw = new Map<number, Uint8Array>();
  private page = NO_PAGE;
  private nextPage = 0;
  private entry = 0;
  private value = 0;

  private constructor(
    file: AsyncBuffer,
    leaf: Leaf,
    pages: readonly PagePlace[],
    dictionary: Dictionary | undefined,
  ) {
    this.file = file;
    this.leaf = leaf;
    this.pages = pages;
    this.dictionary = dictionary;
  }

  /** Reads where its pages are, and its dictionary. */
  static async open(file: AsyncBuffer, chunk: Chunk, leaf: Leaf): Promise<Column> {
    const { offset_index_offset: offset, offset_index_length: length, meta_data: details } = chunk;
    if (offset === undefined || length === undefined || details === undefined)
      throw new Error("it has no page index");
    const index = new DataView(await file.slice(Number(offset), Number(offset) + length));
    const pages = readOffsetIndex({ view: index, offset: 0 }).page_locations.map((place) => ({
      start: Number(place.offset),
      end: Number(place.offset) + place.compressed_page_size,
      row: Number(place.first_row_index),
    }));
    const first = details.dictionary_page_offset;
    const end = pages[0]?.start ?? 0;
    const hasDictionary = first !== undefined && Number(first) > 0 && Number(first) < end;
    const dictionary = hasDictionary
      ? readDictionary(new Uint8Array(await file.slice(Number(first), end)), leaf)
      : undefined;
    return new Column(file, leaf, pages, dictionary);
  }

  /** Fetches the pages that hold the rows up to `end`, as far as they are not there. */
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

  /** Goes to a row; what has been fetched is let go. */
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

  /** The value of the next entry, `undefined` where there is none. */
  take(): unknown {
    const present = this.definition === this.leaf.definition;
    const value = present ? this.page.values.at(this.value) : undefined;
    this.pass();
    return value;
  }

  /** The values of a list, or the one or none of an optional column. */
  values(): readonly unknown[] {
    if (this.definition !== this.leaf.definition) {
      this.pass();
      return NOTHING;
    }
    const found = [this.take()];
    if (!this.leaf.isList) return found;
    while (this.repetition === this.leaf.repetition) found.push(this.take());
    return found;
  }

  /** Passes over the next entry. */
  pass(): void {
    if (this.entry >= this.page.entries) throw new Error("a column ends before its rows do");
    if (this.definition === this.leaf.definition) this.value += 1;
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

  /** Turns to the next page. Pages begin with a row, so where it is not fetched yet nothing of this row is missing. */
  private turn(): void {
    const bytes = this.raw.get(this.nextPage);
    [this.entry, this.value] = [0, 0];
    if (bytes === undefined) {
      this.page = NO_PAGE;
      [this.repetition, this.definition] = [0, NOWHERE];
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

/** The level of an entry that is not there. */
const NOWHERE = -1;

/** A column of one row group, read entry by entry: pages are fetched ahead, decoded one at a time, and then dropped. */
import { messageOf } from "contextcore";
import { type AsyncBuffer, type FileMetaData, readOffsetIndex } from "hyparquet";
import type { Dictionary } from "./dictionary.ts";
import { type Page, readDictionary, readPage } from "./page.ts";
import type { Leaf } from "./schema.ts";
import { bytesOf, type TextTarget } from "./values.ts";
import { setWords, type Words } from "./words.ts";

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

interface PagePlace {
  readonly start: number;
  readonly end: number;
  /** The row of the row group that it begins with. */
  readonly row: number;
}

const ENDS = new Error("a column ends before its rows do");
const NO_PAGE: Page = { entries: 0, repetition: new Uint8Array(), definition: new Uint8Array(), values: [] };

/** A page that cannot be decoded: none of its rows can be read. */
export class DamagedPage extends Error {
  /** The row of the row group that the next page begins with; none: it is the last one. */
  readonly next: number | undefined;

  constructor(reason: string, next: number | undefined, options: ErrorOptions) {
    super(reason, options);
    this.next = next;
  }
}

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
  /** Why there is no entry, where there is none. */
  private why = ENDS;
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

  /** Goes from a row to another one: within a page cheaply, otherwise it drops what was fetched. */
  async move(from: number | undefined, to: number): Promise<void> {
    const place = Math.max(
      0,
      this.pages.findLastIndex(({ row }) => row <= to),
    );
    if (from !== undefined && from <= to && place === this.nextPage - 1) {
      this.passRows(to - from);
      return;
    }
    this.nextPage = place;
    this.raw.clear();
    [this.page, this.entry] = [NO_PAGE, 0];
    await this.fetch(to + 1);
    this.passRows(to - (this.pages[place]?.row ?? 0));
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

  takeWords(into: Words): void {
    const { words } = this.page.values;
    if (words === undefined || !this.hasValue) {
      setWords(into, this.take());
      return;
    }
    into.low = words[this.value * 2] ?? 0;
    into.high = words[this.value * 2 + 1] ?? 0;
    this.pass();
  }

  /** Passes over the next entry. */
  pass(): void {
    if (this.entry >= this.page.entries) throw this.why;
    if (this.hasValue) this.value += 1;
    this.entry += 1;
    if (this.entry >= this.page.entries) this.turn();
    else this.look();
  }

  /** Passes over whole rows, which the page has. */
  private passRows(rows: number): void {
    const { repetition, definition, entries } = this.page;
    const isFilled = (entry: number): boolean =>
      definition.length === 0 || definition[entry] === this.leaf.definition;
    let { entry, value } = this;
    if (entries === 0) throw this.why;
    for (let left = rows; left > 0; left--) {
      do {
        if (isFilled(entry)) value += 1;
        entry += 1;
      } while ((repetition[entry] ?? 0) > 0);
    }
    if (entry >= entries) throw ENDS;
    [this.entry, this.value] = [entry, value];
    this.look();
  }

  /** Turns to the next page. Pages begin with a row, so if it is not fetched yet, nothing of the present row is missing. */
  private turn(): void {
    const bytes = this.raw.get(this.nextPage);
    this.entry = 0;
    this.value = 0;
    if (bytes === undefined) {
      this.stop(ENDS);
      return;
    }
    this.raw.delete(this.nextPage);
    this.nextPage += 1;
    try {
      this.page = readPage(bytes, this.leaf, this.dictionary);
      this.look();
    } catch (cause) {
      // The row before it is whole, so this is an error only once the page is read from.
      this.stop(new DamagedPage(messageOf(cause), this.pages[this.nextPage]?.row, { cause }));
    }
  }

  private stop(why: Error): void {
    this.page = NO_PAGE;
    this.repetition = 0;
    this.definition = NOWHERE;
    this.why = why;
  }

  private look(): void {
    const { repetition, definition } = this.page;
    this.repetition = repetition.length === 0 ? 0 : (repetition[this.entry] ?? 0);
    this.definition = definition.length === 0 ? this.leaf.definition : (definition[this.entry] ?? 0);
  }
}

/** The level of an entry that does not exist. */
const NOWHERE = -1;

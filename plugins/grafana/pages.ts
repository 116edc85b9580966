/** Lists that Grafana gives page by page: each page is a cursor, and one that cannot be read is split into smaller ones. */
import { type Cursor, openObject, type Split, v } from "contextcore";

/** Members of a cursor that names a page. A part of a page that was split leads to no next one. */
const pageEntries = {
  page: v.optional(v.number(), 1),
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  isPart: v.optional(v.boolean(), false),
  /** The first of the page before it: a server that gives it again ignores which page it is asked for. */
  before: v.optional(v.string()),
};

const schema = openObject(pageEntries);

/** The page that a cursor names. @param size of a whole page */
export function pageOf(cursor: Cursor, size: number) {
  const page = v.parse(schema, cursor);
  return { ...page, size: page.size ?? size };
}

/** The cursor of the page after a full one; none for a part. @param first the uid of what this page begins with */
export function nextPage(cursor: Cursor, size: number, first: string | undefined): Cursor[] {
  const { page, isPart } = pageOf(cursor, size);
  return isPart ? [] : [{ ...cursor, page: page + 1, ...(first === undefined ? {} : { before: first }) }];
}

/** Smaller pages, down to a single row, which only its number is known of. @param name of one: `dashboard` */
export function splitPage(cursor: Cursor, whole: number, name: string): Split {
  const { page, size, isPart } = pageOf(cursor, whole);
  if (size === 1) return { items: [`${name} number ${page} of the list`] };
  const { before: _, ...rest } = cursor;
  const parts = partsOfPage({ page, size }).map((part) => ({ ...rest, ...part, isPart: true }));
  return { cursors: isPart ? parts : [...parts, { ...rest, page: page + 1 }] };
}

/** A page of so many rows; the first is 1. */
export interface Page {
  readonly page: number;
  readonly size: number;
}

/** The same rows in smaller pages; none of a single row. */
export function partsOfPage({ page, size }: Page): Page[] {
  if (size === 1) return [];
  const factor = [2, 5].find((one) => size % one === 0) ?? size;
  return Array.from({ length: factor }, (_, index) => ({
    page: (page - 1) * factor + index + 1,
    size: size / factor,
  }));
}

/** A list in two, to be read apart: the second may be empty. */
export function inHalves<Item>(items: readonly Item[]): [Item[], Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asked, askFor } from "../routing/address.ts";

/** A column of a table. */
export interface Column<Row> {
  /** Unique in its table; what the address calls it when it orders the rows. */
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Given: the rows can be ordered by it. */
  readonly order?: (row: Row) => string | number;
  /** Numbers stand on the right. */
  readonly isNumber?: boolean;
}

/** Rows of which some are chosen, by key. */
interface Choice {
  readonly keys: ReadonlySet<string>;
  change(keys: ReadonlySet<string>): void;
}

interface TableProps<Row> {
  /** What it lists, for those who do not see its place on the page. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Given: each row can be chosen; the name of a row for those who only hear it. */
  readonly choice?: Choice | undefined;
  /** Stands in the address before `sort`, where a view has several tables. */
  readonly name?: string;
}

/** From that many rows on, only those that can be seen are there. */
const WHOLE_MAX = 100;

/** Rows above and below what can be seen. */
const BEYOND = 12;

/** A table of any length: ordered by a click on a heading, which the address remembers, and scrolled without delay. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, keyOf, choice, name = "" } = props;
  const sorted = ordered(rows, columns, asked(`${name}sort`));
  const { box, first, last, height } = useWindow(sorted.length);
  const shown = sorted.slice(first, last);
  const isLong = sorted.length > WHOLE_MAX;
  return (
    <section
      class={isLong ? "table-box long" : "table-box"}
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
      tabIndex={0}
      aria-label={`${label}, as a table`}
    >
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {choice !== undefined && <ChooseAll rows={sorted.map(keyOf)} choice={choice} />}
            {columns.map((column) => (
              <Heading key={column.key} column={column} param={`${name}sort`} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={first * height} />
          {shown.map((row, at) => (
            <tr key={keyOf(row)} aria-rowindex={first + at + 2}>
              {choice !== undefined && <Choose row={keyOf(row)} choice={choice} />}
              {columns.map(({ key, cell, isNumber }) => (
                <td key={key} class={isNumber ? "number" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
          <Spacer height={(sorted.length - last) * height} />
        </tbody>
      </table>
    </section>
  );
}

const Spacer = ({ height }: { readonly height: number }) =>
  height <= 0 ? null : (
    <tr class="spacer">
      <td colSpan={99} style={{ height: `${height}px` }} />
    </tr>
  );

/** Which rows can be seen, while the reader scrolls. */
function useWindow(count: number) {
  const box = useRef<HTMLElement>(null);
  const [view, setView] = useState({ first: 0, height: 34, seen: 40 });
  const isLong = count > WHOLE_MAX;
  useEffect(() => {
    const element = box.current;
    if (element === null || !isLong) return;
    const look = (): void => {
      const height = heightOf(element.querySelectorAll("tbody tr:not(.spacer)"));
      const first = Math.max(0, Math.floor(element.scrollTop / height) - BEYOND);
      const seen = Math.ceil(element.clientHeight / height) + 2 * BEYOND;
      setView((before) =>
        before.first === first && before.height === height && before.seen === seen
          ? before
          : { first, height, seen },
      );
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      element.removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [isLong, count]);
  if (!isLong) return { box, first: 0, last: count, height: view.height };
  const first = Math.min(view.first, Math.max(0, count - view.seen));
  return { box, first, last: Math.min(count, first + view.seen), height: view.height };
}

/** Of a row, on the average of those that are there: some hold more than others. */
function heightOf(rows: ArrayLike<Element>): number {
  const heights = Array.from(rows, (row) => row.getBoundingClientRect().height);
  return heights.reduce((sum, height) => sum + height, 0) / heights.length || 34;
}

/** @param by the key of a column, with a `-` before it for the other way round */
function ordered<Row>(rows: readonly Row[], columns: readonly Column<Row>[], by: string): readonly Row[] {
  const order = columns.find(({ key }) => key === by.replace(/^-/, ""))?.order;
  if (order === undefined) return rows;
  const sign = by.startsWith("-") ? -1 : 1;
  return rows
    .map((row) => ({ row, value: order(row) }))
    .sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : 0))
    .map(({ row }) => row);
}

function Heading<Row>({ column, param }: { readonly column: Column<Row>; readonly param: string }) {
  const { key, title, order, isNumber } = column;
  const by = asked(param);
  const direction = by === key ? "ascending" : by === `-${key}` ? "descending" : "none";
  const className = isNumber ? "number" : undefined;
  if (order === undefined)
    return (
      <th scope="col" class={className}>
        {title}
      </th>
    );
  const next = direction === "ascending" ? `-${key}` : direction === "descending" ? "" : key;
  return (
    <th scope="col" class={className} aria-sort={direction}>
      <button type="button" class="heading" onClick={() => askFor({ [param]: next })}>
        {title}
        <span aria-hidden="true">{{ ascending: " ↑", descending: " ↓", none: "" }[direction]}</span>
      </button>
    </th>
  );
}

const toggled = (keys: ReadonlySet<string>, key: string): ReadonlySet<string> => {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
};

const Choose = ({ row, choice }: { readonly row: string; readonly choice: Choice }) => (
  <td class="choose">
    <input
      type="checkbox"
      aria-label={`Choose ${row}`}
      checked={choice.keys.has(row)}
      onChange={() => choice.change(toggled(choice.keys, row))}
    />
  </td>
);

const ChooseAll = ({ rows, choice }: { readonly rows: readonly string[]; readonly choice: Choice }) => {
  const isAll = rows.length > 0 && rows.every((row) => choice.keys.has(row));
  return (
    <th scope="col" class="choose">
      <input
        type="checkbox"
        aria-label="Choose all"
        checked={isAll}
        onChange={() => choice.change(new Set(isAll ? [] : rows))}
      />
    </th>
  );
};

import type { ComponentChildren } from "preact";
import { formatBytes } from "../../src/units/bytes.ts";
import { visible } from "../../src/units/visible.ts";
import { href } from "../routing/address.ts";
import { Name } from "./name.tsx";
import { State } from "./state.tsx";
import { type Column, Table } from "./table.tsx";
import { spanText, Time } from "./time.tsx";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const STATES = new Set(["outcome", "status", "state"]);

/** Deeper than any result that is printed. */
const DEPTH_MAX = 8;

interface ValueProps {
  readonly value: unknown;
  /** The member's name, which says what a number counts. */
  readonly name?: string;
  readonly depth?: number;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Any result, as it would be read: members as words, times in the reader's zone, sizes with units, lists of things as tables. */
export function Value({ value, name = "", depth = 0 }: ValueProps): ComponentChildren {
  if (depth > DEPTH_MAX) return <code>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) return <List value={value} name={name} depth={depth} />;
  if (isObject(value)) return <Members value={value} depth={depth} />;
  return <Scalar value={value} name={name} />;
}

function Scalar({ value, name }: { readonly value: unknown; readonly name: string }) {
  if (value === null || value === undefined) return <span class="faint">–</span>;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "number") return <>{numberText(value, name)}</>;
  const text = String(value);
  if (TIME.test(text)) return <Time at={text} />;
  if (STATES.has(name)) return <State word={text} />;
  return <Name text={text} />;
}

function numberText(value: number, name: string): string {
  if (/(^|[a-z])bytes$/i.test(name)) return formatBytes(value);
  if (/seconds$/i.test(name)) return value < 60 ? `${value.toLocaleString("en")} s` : spanText(value);
  return value.toLocaleString("en");
}

/** `recordsTotal`: `Records`. */
function words(name: string): string {
  const text = name
    .replace(/(?<=.)(Total|Seconds)$/, "")
    .replaceAll(/[-_]/g, " ")
    .replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return visible(text.charAt(0).toUpperCase() + text.slice(1));
}

const isShown = ([name, value]: [string, unknown]): boolean =>
  name !== "schema" && value !== undefined && !(Array.isArray(value) && value.length === 0);

function Members({ value, depth }: { readonly value: Json; readonly depth: number }) {
  // A snapshot is its name; where it lies is read elsewhere.
  if (Object.keys(value).join() === "name,path") {
    const name = String(value.name);
    return (
      <a href={href("/snapshots/:name", { name })}>
        <Name text={name} />
      </a>
    );
  }
  const shown = Object.entries(value).filter(isShown);
  if (shown.length === 0) return <span class="faint">–</span>;
  return (
    <dl class="facts">
      {shown.map(([name, member]) => (
        <div key={name} class={isWide(member) ? "fact wide" : "fact"}>
          <dt>{words(name)}</dt>
          <dd>
            <Value value={member} name={name} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Lists of things need the whole width. */
const isWide = (value: unknown): boolean => Array.isArray(value) && value.some(isObject);

interface ListProps<Item> {
  readonly value: readonly Item[];
  readonly name: string;
  readonly depth: number;
}

function List({ value, name, depth }: ListProps<unknown>) {
  if (value.length === 0) return <span class="faint">none</span>;
  if (value.every(isObject)) return <Things value={value} name={name} depth={depth} />;
  return (
    <ul class="plain-list">
      {value.map((one, at) => (
        <li key={at}>
          <Value value={one} depth={depth + 1} />
        </li>
      ))}
    </ul>
  );
}

/** Whether it would be a table in a table. */
const isNested = (value: unknown): value is readonly Json[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

/** As a table whose columns are the members that any of them has; lists of further things come below it, each under its own heading. */
function Things({ value, name, depth }: ListProps<Json>) {
  const members = [
    ...new Set(
      value.flatMap((one) =>
        Object.entries(one)
          .filter(isShown)
          .map(([key]) => key),
      ),
    ),
  ];
  const nested = members.filter((key) => value.some((one) => isNested(one[key])));
  const columns = members
    .filter((key) => !nested.includes(key))
    .map((key): Column<Json> => ({ key, title: words(key), ...cellsOf(key, value, depth) }));
  const rows = new Map(value.map((one, at) => [one, String(at)]));
  return (
    <div class="things">
      <Table
        label={words(name)}
        name={`${name}-`}
        columns={columns}
        rows={value}
        keyOf={(row) => rows.get(row) ?? ""}
      />
      {value.flatMap((one) =>
        nested.flatMap((key) =>
          isNested(one[key]) ? (
            <div key={`${rows.get(one)} ${key}`}>
              <h3>
                <Name text={titleOf(one)} />: {words(key).toLowerCase()}
              </h3>
              <Value value={one[key]} name={key} depth={depth + 1} />
            </div>
          ) : (
            []
          ),
        ),
      )}
    </div>
  );
}

const cellsOf = (
  key: string,
  all: readonly Json[],
  depth: number,
): Pick<Column<Json>, "cell" | "isNumber"> => ({
  cell: (one) => (one[key] === undefined ? "" : <Cell value={one[key]} name={key} depth={depth} />),
  isNumber: all.every((one) => one[key] === undefined || typeof one[key] === "number"),
});

/** In a table there is no room for a list of members: counts stand beside one another. */
function Cell({ value, name, depth }: Required<ValueProps>) {
  if (!isObject(value) || !Object.values(value).every((one) => typeof one === "number"))
    return <Value value={value} name={name} depth={depth + 1} />;
  return (
    <>
      {Object.entries(value).map(([unit, count], at) => (
        <span key={unit}>
          {at > 0 && ", "}
          <span class="counts">
            {Number(count).toLocaleString("en")} <span class="faint">{words(unit).toLowerCase()}</span>
          </span>
        </span>
      ))}
    </>
  );
}

/** What one of several things is called. */
function titleOf(one: Json): string {
  const { backend, name, place } = one;
  return String(
    backend ?? name ?? place ?? Object.values(one).find((value) => typeof value === "string") ?? "",
  );
}

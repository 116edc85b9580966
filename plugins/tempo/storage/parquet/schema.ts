/** Where the columns of a file are and how deep they lie. Source: https://parquet.apache.org/docs/file-format/nestedencoding/ */
import type { Range } from "contextcore";
import { type FileMetaData, parquetSchema, type SchemaTree } from "hyparquet";

type Chunk = FileMetaData["row_groups"][number]["columns"][number];
type Details = NonNullable<Chunk["meta_data"]>;

/** A column of values. */
export interface Leaf {
  /** The highest levels that an entry can have. */
  readonly repetition: number;
  readonly definition: number;
  /** True when it is a list, which has a level of its own. */
  readonly isList: boolean;
  readonly type: Details["type"];
  readonly codec: Details["codec"];
  /** Its place in the list of a row group's chunks. */
  readonly index: number;
}

/** A repeated group. */
interface Group {
  readonly repetition: number;
  readonly definition: number;
}

/** A file's columns and groups of columns. */
export interface Schema {
  /** By path without the parts that only say that something is a list: `rs.ss.Spans.Name`. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** The leaves and repeated groups of a file by their paths, as the writer names them. */
export function readSchema(metadata: FileMetaData): Schema {
  const leaves = new Map<string, Leaf>();
  const groups = new Map<string, Group>();
  const chunks = metadata.row_groups[0]?.columns ?? [];
  const walk = (node: SchemaTree, above: Group): void => {
    const own = deeper(above, node.element.repetition_type);
    const path = plainPath(node.path);
    const isRepeated = node.element.repetition_type === "REPEATED";
    if (node.children.length > 0) {
      if (isRepeated) groups.set(path, own);
      for (const child of node.children) walk(child, own);
      return;
    }
    const index = chunks.findIndex(
      ({ meta_data }) => meta_data?.path_in_schema.join(".") === node.path.join("."),
    );
    const details = chunks[index]?.meta_data;
    if (details === undefined) return;
    const { type, codec } = details;
    leaves.set(path, { ...own, isList: isRepeated || node.path.at(-1) === "element", type, codec, index });
  };
  for (const child of parquetSchema(metadata).children) walk(child, { repetition: 0, definition: 0 });
  return { leaves, groups };
}

function deeper({ repetition, definition }: Group, type: string | undefined): Group {
  return {
    repetition: repetition + (type === "REPEATED" ? 1 : 0),
    definition: definition + (type === "REQUIRED" || type === undefined ? 0 : 1),
  };
}

/** Lists are written as `x.list.element` up to vParquet4. */
const plainPath = (path: readonly string[]): string =>
  path.join(".").replace(/\.list(?:\.element)?(?=\.|$)/g, "");

/**
 * The times of all traces in a file, both ends included, from the statistics of its columns; `undefined` when it has none. Those
 * in `meta.json` are times of arrival where data arrived late. ns
 */
export function timesOf({ row_groups: groups }: FileMetaData): Range | undefined {
  const bounds = (column: string, which: "min_value" | "max_value"): bigint[] =>
    groups.flatMap(({ columns }) => {
      const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === column);
      const bound = chunk?.meta_data?.statistics?.[which];
      return typeof bound === "bigint" ? [BigInt.asUintN(64, bound)] : [];
    });
  const from = bounds("StartTimeUnixNano", "min_value");
  // A span may end before it begins, or at 0.
  const to = [...bounds("EndTimeUnixNano", "max_value"), ...bounds("StartTimeUnixNano", "max_value")];
  if (from.length < groups.length || to.length < 2 * groups.length || groups.length === 0) return undefined;
  return { from: from.reduce((a, b) => (a < b ? a : b)), to: to.reduce((a, b) => (a > b ? a : b)) };
}

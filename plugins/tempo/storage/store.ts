/**
 * A place that keeps blocks, and what the `meta.json` of a block says: its format, and which spare columns hold which
 * attributes.
 */
import { v } from "contextcore";
import type { AsyncBuffer } from "hyparquet";

/** Where a server's blocks are kept: a directory, or a bucket. */
export interface BlockStore {
  /** For people: `/var/tempo/blocks/single-tenant`. */
  readonly place: string;
  /**
   * The blocks that are valid now: without those that a compaction has replaced.
   * @throws PluginError `not-found` when there is no such place, `temporary` or `refused` when it cannot be read
   */
  blocks(signal: AbortSignal): Promise<readonly BlockMeta[]>;
  /** Also those that a compaction has replaced, as long as their data is there. */
  known(signal: AbortSignal): Promise<readonly BlockMeta[]>;
  /** The block's `data.parquet`. */
  open(block: BlockMeta, signal: AbortSignal): Promise<AsyncBuffer>;
}

/** The files of a block; `meta.json` describes what is in it. */
export const META = "meta.json";
/** The name of `meta.json` once a compaction has replaced the block. */
export const COMPACTED = "meta.compacted.json";
/** The file with a block's traces, in Parquet. */
export const DATA = "data.parquet";

const column = v.object({
  /** Scope; span when it is left out. */
  s: v.optional(v.picklist(["resource", "span", "event"]), "span"),
  n: v.string(),
  /** Type; string when it is left out. */
  t: v.optional(v.string(), "string"),
});

const schema = v.object({
  format: v.string(),
  blockID: v.string(),
  totalObjects: v.optional(v.number(), 0),
  size: v.optional(v.number(), 0),
  /** Bytes of the description at the end of the file. */
  footerSize: v.optional(v.number(), 0),
  dedicatedColumns: v.optional(v.array(column), []),
});

/** What `meta.json` says of a block, as far as it is used: how many traces it has, its size in bytes, its spare columns. */
export type BlockMeta = v.InferOutput<typeof schema>;
/** What of a trace an attribute is of. */
export type Scope = "resource" | "span" | "event";

/** `undefined` when it is not a block's description. */
export function readMeta(text: string): BlockMeta | undefined {
  try {
    const checked = v.safeParse(schema, JSON.parse(text));
    return checked.success ? checked.output : undefined;
  } catch {
    return undefined;
  }
}

/** The formats that can be read: those of Tempo since 2.2. */
const FORMATS = ["vParquet3", "vParquet4", "vParquet5"] as const;
/** A version of the block format that can be read. */
export type Format = (typeof FORMATS)[number];

/** Whether blocks of this format can be read. */
export const isKnown = (format: string): format is Format => FORMATS.some((known) => known === format);

/** How many spare columns of each type a scope has; further attributes are in the common columns. */
const SPARE: Readonly<Record<Format, Readonly<Record<string, number>>>> = {
  vParquet3: { string: 10 },
  vParquet4: { string: 10 },
  vParquet5: { string: 20, int: 5 },
};

/** A spare column and the attribute that it holds. */
export interface DedicatedColumn {
  readonly name: string;
  /** `String01` … `Int05`. */
  readonly column: string;
}

/** The spare columns of a scope, which are assigned in the order of the list, each type by itself. */
export function dedicatedColumns(
  { dedicatedColumns: all }: BlockMeta,
  format: Format,
  scope: Scope,
): DedicatedColumn[] {
  const used: Record<string, number> = {};
  const found: DedicatedColumn[] = [];
  for (const { s, n, t } of all) {
    const next = (used[t] ?? 0) + 1;
    if (s !== scope || next > (SPARE[format][t] ?? 0)) continue;
    used[t] = next;
    const type = t === "int" ? "Int" : "String";
    found.push({ name: n, column: `${type}${String(next).padStart(2, "0")}` });
  }
  return found;
}

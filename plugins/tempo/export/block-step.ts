/** Reads the next rows of one block and writes the traces that belong to it; one block after another. */
import { type Cursor, isKind, type Problem, type Step } from "contextcore";
import type { Block } from "../storage/block.ts";
import type { DamagedRows, RowsRead, TracePart } from "../storage/block-rows.ts";
import { prefixesOf, prefixOf, type Storage } from "../storage/storage.ts";
import { type BlockWork, type Source, type TraceToRead, toCursor, wholeOf } from "./cursor.ts";
import { anchorOf } from "./owner.ts";
import { createFindings, createTraceLines, NOT_UTF8 } from "./trace-lines.ts";
import { READ_MAX, tracesCursors } from "./traces.ts";
import { complete, LACKING, type WholeSource } from "./whole-trace.ts";

/** Where rows come from, and where a trace is looked up that a block has only a part of. */
export interface BlockSource extends WholeSource {
  readonly storage: Storage;
}

/**
 * A step reads rows of one block, and the last step of a block names the next block. So what a block needs in memory
 * (dictionaries, a page of every column) is needed once, however many blocks there are. A block that cannot be opened or is gone is
 * a problem, and the export goes on with the next one; of one that is damaged in part the rest is read, and by their ids, through
 * the API, the traces of the rows that are damaged.
 */
export async function blockStep(source: BlockSource, work: BlockWork, signal: AbortSignal): Promise<Step> {
  const { storage } = source;
  const blocks = await storage.open(work.blocks, signal);
  const next = followingOf(work, blocks);
  const block = blocks.find(({ id }) => id === work.block);
  if (block === undefined) return { ...unread(missing(work, storage)), ...next };
  if (!block.mayHold(wholeOf(work))) return next;
  try {
    return await rowsStep(source, { work, block, blocks, next }, signal);
  } catch (error) {
    if (!isKind(error, "invalid")) throw error;
    return { ...unread({ ...wholeProblem(work), reason: error.message }), ...next };
  }
}

/** Where to go on after a block, and which part of the work is done then. */
type Following = Required<Pick<Step, "next" | "done">>;

/** The next block that may have rows for the range. A block that is gone is named too, so that its step reports it. */
function followingOf(work: BlockWork, blocks: readonly Block[]): Following {
  const all = prefixesOf(work.blocks);
  const rest = all.slice(all.indexOf(prefixOf(work.block)) + 1);
  for (const prefix of rest) {
    const block = blocks.find(({ id }) => prefixOf(id) === prefix);
    if (block !== undefined && !block.mayHold(wholeOf(work))) continue;
    return { next: [toCursor({ ...work, block: block?.id ?? prefix, row: 0 })], done: 1 / (rest.length + 1) };
  }
  return { next: [], done: 1 };
}

const unread = (problem: Problem): Pick<Step, "problems"> => ({ problems: [problem] });

const wholeProblem = (work: BlockWork): Pick<Problem, "kind" | "range" | "items"> => ({
  kind: "incomplete",
  range: wholeOf(work),
  items: [work.block],
});

const missing = (work: BlockWork, { place, damageOf }: Storage): Problem => ({
  ...wholeProblem(work),
  reason:
    damageOf(prefixOf(work.block)) ??
    `Blocks in ${place} were compacted and removed while the export ran. Export again: their traces are in other blocks now.`,
});

interface Reading {
  readonly work: BlockWork;
  readonly block: Block;
  readonly blocks: readonly Block[];
  readonly next: Following;
}

async function rowsStep(source: BlockSource, reading: Reading, signal: AbortSignal): Promise<Step> {
  const { storage, api } = source;
  const { work, block, next } = reading;
  const whole = wholeOf(work);
  const end = Math.min(block.rows, work.row + rowsPerStep(block, api.stepBytes));
  const { parts, damaged } = await readRows(storage, block, work.row, end);
  const lines = createTraceLines(whole);
  const findings = createFindings(whole);
  const { own, torn } = await joined(parts, await tornIn(block, damaged), reading, storage);
  const byId: string[] = [];
  for (const [id, all] of own) {
    if (all.length === 0) {
      byId.push(id);
      continue;
    }
    const { trace, lacks, isNewer } = await complete(
      source,
      work,
      { id, parts: all, isTorn: torn.has(id) },
      signal,
    );
    if (isNewer && work.all) byId.push(id);
    if (trace === undefined || anchorOf(trace.spans, whole) === undefined) continue;
    if (lacks !== undefined) findings.add("incomplete", `${LACKING}: ${lacks}`, id);
    if (lines.add(trace) > 0) findings.add("lossy", NOT_UTF8, id);
  }
  storage.wrote(lines.bytes);
  const read: Step = {
    records: lines.records(),
    problems: findings.problems(),
    notes: damaged.length === 0 ? {} : { [`damaged block ${block.id}`]: damageNote(damaged) },
  };
  const rest = readById(api, work, byId);
  if (end >= block.rows) return { ...read, next: [...rest, ...next.next], done: next.done };
  const part = (end - work.row) / (block.rows - work.row);
  return { ...read, next: [...rest, toCursor({ ...work, row: end })], done: next.done * part };
}

async function tornIn(block: Block, damaged: readonly DamagedRows[]): Promise<string[]> {
  const ids = await Promise.all(damaged.map((rows) => block.idsOf(rows)));
  return ids.flat();
}

const damageNote = ([first]: readonly DamagedRows[]): string =>
  `traces of damaged rows were read by id: ${first?.reason}`;

/** Those that reach beyond what is in blocks, and those of which no block gives anything: perhaps the server still does. */
function readById(api: Source, work: BlockWork, ids: readonly string[]): Cursor[] {
  const { from, to } = wholeOf(work);
  const range = { from, to, wholeFrom: from, wholeTo: to };
  const beyond = work.live || work.all ? undefined : { blocks: "", recent: work.recent };
  return tracesCursors(
    api,
    { ...range, beyond },
    ids.map((id): TraceToRead => [id, 0, false]),
    READ_MAX,
  );
}

const rowsPerStep = ({ rowBytes }: Block, stepBytes: number): number =>
  Math.max(1, Math.floor(stepBytes / 8 / Math.max(rowBytes, 1)));

async function readRows(storage: Storage, block: Block, start: number, end: number): Promise<RowsRead> {
  const rows = storage.rows(block, start);
  const read = await rows.read(start, end);
  if (end < block.rows) storage.keep(block, rows);
  return read;
}

interface Joined {
  /** By id, what all blocks have of a trace. */
  readonly own: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Traces of which a part is damaged. */
  readonly torn: ReadonlySet<string>;
}

/**
 * The traces that belong to this block, with their parts in all blocks. A trace belongs to the first block, by id, that has it
 * and has spans in the range: the rows of other blocks are not read.
 */
async function joined(
  parts: readonly TracePart[],
  damaged: readonly string[],
  { work, block, blocks }: Reading,
  storage: Storage,
): Promise<Joined> {
  const whole = wholeOf(work);
  const torn = new Set(damaged);
  const own = new Map<string, Uint8Array[]>(damaged.map((id) => [id, []]));
  for (const { id, bytes } of parts) own.set(id, [bytes]);
  const elsewhere: { other: Block; id: string; row: number }[] = [];
  for (const other of blocks) {
    if (other.id === block.id) continue;
    for (const [id, row] of await other.rowsOf(own.keys())) {
      if (other.id < block.id && other.mayHold(whole)) own.delete(id);
      else elsewhere.push({ other, id, row });
    }
  }
  for (const [other, rows] of Map.groupBy(elsewhere, (one) => one.other)) {
    const reader = storage.beside(other);
    for (const { id, row } of rows) {
      if (!own.has(id)) continue;
      const [part] = (await reader.read(row, row + 1)).parts;
      if (part === undefined) torn.add(id);
      else own.get(id)?.push(part.bytes.slice());
    }
    storage.keepBeside(other, reader);
  }
  return { own, torn };
}

/** Reads the next rows of one block and writes the traces that belong to it; one block after another. */
import { given, isFault, isKind, PluginError, type Problem, type Step } from "contextcore";
import { type ScannedTrace, scanTrace } from "../otlp/scan.ts";
import type { Block } from "../storage/block.ts";
import { release } from "../storage/parquet/memory.ts";
import { prefixesOf, prefixOf, type Storage } from "../storage/storage.ts";
import type { TracePart } from "../storage/trace-row.ts";
import type { IdLists } from "./blocks.ts";
import { type BlockWork, type Source, toCursor, wholeOf } from "./cursor.ts";
import { anchorOf } from "./owner.ts";
import type { LiveMemory } from "./plan.ts";
import { createFindings, createTraceLines, NOT_UTF8 } from "./trace-lines.ts";
import { type ReadTrace, readOnce } from "./traces.ts";

/** Where rows come from, and where a trace is looked up that a block has only a part of. */
export interface BlockSource extends IdLists {
  readonly storage: Storage;
  readonly api: Source;
  readonly live: LiveMemory;
}

/**
 * A step reads rows of one block, and the last step of a block names the next block. So what a block needs in memory
 * (dictionaries, a page of every column) is needed once, however many blocks there are. A block that is damaged or gone is a
 * problem, and the export goes on with the next one.
 */
export async function blockStep(source: BlockSource, work: BlockWork, signal: AbortSignal): Promise<Step> {
  const { storage } = source;
  const blocks = await storage.open(work.blocks, signal);
  const next = followingOf(work, blocks);
  const block = blocks.find(({ id }) => id === work.block);
  if (block === undefined) return { ...unread(gone(work, storage)), ...next };
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

const gone = (work: BlockWork, { place }: Storage): Problem => ({
  ...wholeProblem(work),
  reason: `Blocks in ${place} were compacted and removed while the export ran. Export again: their traces are in other blocks now.`,
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
  const parts = await readRows(storage, block, work.row, end);
  const lines = createTraceLines(whole);
  const findings = createFindings(whole);
  for (const [id, all] of await joined(parts, reading, storage)) {
    const { trace, lacks } = await complete(source, work, id, all, signal);
    if (trace === undefined || anchorOf(trace.spans, whole) === undefined) continue;
    if (lacks !== undefined) findings.add("incomplete", `${LACKING}: ${lacks}`, id);
    if (lines.add(trace) > 0) findings.add("lossy", NOT_UTF8, id);
  }
  for (const { bytes } of parts) release(bytes);
  storage.wrote(lines.bytes);
  const read = { records: lines.records(), problems: findings.problems() };
  if (end >= block.rows) return { ...read, ...next };
  const part = (end - work.row) / (block.rows - work.row);
  return { ...read, next: [toCursor({ ...work, row: end })], done: next.done * part };
}

const rowsPerStep = ({ rowBytes }: Block, stepBytes: number): number =>
  Math.max(1, Math.floor(stepBytes / 8 / Math.max(rowBytes, 1)));

async function readRows(storage: Storage, block: Block, start: number, end: number): Promise<TracePart[]> {
  const rows = storage.rows(block, start);
  const parts = await rows.read(start, end);
  if (end < block.rows) storage.keep(block, rows);
  return parts;
}

/**
 * The traces that belong to this block, with their parts in all blocks. A trace belongs to the first block, by id, that has it
 * and has spans in the range: the rows of other blocks are not read.
 */
async function joined(
  parts: readonly TracePart[],
  { work, block, blocks }: Reading,
  storage: Storage,
): Promise<Map<string, Uint8Array[]>> {
  const whole = wholeOf(work);
  const own = new Map(parts.map(({ id, bytes }) => [id, [bytes]]));
  const elsewhere: { other: Block; id: string; row: number }[] = [];
  for (const other of blocks) {
    if (other.id === block.id) continue;
    for (const id of own.keys()) {
      const row = await other.rowOf(id);
      if (row === undefined) continue;
      if (other.id < block.id && other.mayHold(whole)) own.delete(id);
      else elsewhere.push({ other, id, row });
    }
  }
  for (const [other, rows] of Map.groupBy(elsewhere, (one) => one.other)) {
    const reader = storage.beside(other);
    for (const { id, row } of rows) {
      const [part] = own.has(id) ? await reader.read(row, row + 1) : [];
      if (part !== undefined) own.get(id)?.push(part.bytes);
    }
    storage.keepBeside(other, reader);
  }
  return own;
}

interface Completed {
  /** Absent: it is left to the windows in which what is newer than all blocks is searched. */
  readonly trace?: ScannedTrace;
  /** Why spans that are in no block may be missing. */
  readonly lacks?: string;
}

const LACKING = "Blocks have only a part of these traces, and Tempo does not give the rest";

/** The whole trace, with what the API adds where a span may be in no block yet. */
async function complete(
  source: BlockSource,
  work: BlockWork,
  id: string,
  parts: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Completed> {
  const stored = scanTrace(parts);
  if (isLeft(stored, work)) return {};
  if (!(await mayHaveMore(source, work, { id, stored }, signal))) return { trace: stored };
  const read = await readRest(source.api, id, signal);
  if (read instanceof PluginError) return { trace: stored, lacks: read.message };
  if (isLeft(read.trace, work)) return {};
  return { trace: scanTrace([...parts, read.bytes]), ...given({ lacks: read.partial }) };
}

/** A trace that cannot be read by id, twice, must not cost the others of its block. */
async function readRest(api: Source, id: string, signal: AbortSignal): Promise<ReadTrace | PluginError> {
  const once = (): Promise<ReadTrace | PluginError> =>
    readOnce(api, id, signal).catch((error: unknown) => {
      if (isFault(error)) return error;
      throw error;
    });
  const first = await once();
  return first instanceof PluginError ? once() : first;
}

/** Whether a span may be in no block yet: by what the live stores held, otherwise by what searches list. */
async function mayHaveMore(
  { live, recentIds, lateIds }: BlockSource,
  { blocks, recent, wholeFrom, wholeTo, ...work }: BlockWork,
  { id, stored }: { readonly id: string; readonly stored: ScannedTrace },
  signal: AbortSignal,
): Promise<boolean> {
  const known = work.live && live.of(blocks);
  if (known) return known.hasMore(id, stored.spans);
  const border = recent < wholeTo ? recent : wholeTo;
  if (border < wholeTo && (await recentIds({ from: border, to: wholeTo }, signal)).has(id)) return true;
  return wholeFrom < border && (await lateIds({ from: wholeFrom, to: border }, signal)).has(id);
}

const isLeft = ({ spans }: ScannedTrace, { live, recent, wholeTo }: BlockWork): boolean =>
  !live && spans.some(({ from, to }) => to >= recent && from < wholeTo);

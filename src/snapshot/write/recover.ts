/** Reads back what an interrupted export committed: the state that a resumed one goes on from. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cursor } from "../../contract/contract.ts";
import { ownEntries } from "../../storage/own-tree.ts";
import { type Block, type IndexLine, parseIndexLine } from "../format/block.ts";
import { systemCode } from "../format/errors.ts";
import { addBlock, type FileTotals, kindOf } from "../format/file-totals.ts";
import { INDEX_LINE_BYTES_MAX } from "../format/limits.ts";
import { fileLines } from "../format/lines.ts";
import { staysInside } from "../format/paths.ts";
import { createByteReader } from "../read/byte-reader.ts";
import { type DataFile, type RecoveredFile, recoverDataFile } from "./data-file.ts";
import type { RecoveredFiles } from "./stored-files.ts";

export interface Recovered {
  readonly files: RecoveredFiles;
  /** Of the committed part of the index. */
  readonly index: { readonly bytes: number; readonly lines: number; readonly hasher: Bun.CryptoHasher };
}

/** A committed step of the index: its blocks, then its commit. */
export interface CommittedStep {
  readonly plugin: string;
  readonly blocks: readonly Block[];
  readonly commit: NonNullable<IndexLine["commit"]>;
}

/** Names in an unfinished snapshot that are not data. */
export const BOOKKEEPING: ReadonlySet<string> = new Set([
  "blocks.jsonl",
  "request.json",
  "request.json.tmp",
  "manifest.json.tmp",
  "lock",
]);

/**
 * Goes through the committed steps of an unfinished snapshot, checks the data they name, cuts everything else away, and
 * leaves the files ready to grow.
 * @param onStep sees each committed step in order: the engine rebuilds its frontier from them
 * @param isCounted at the first step of which this is false the committed part ends
 * @throws SnapshotError when a data file does not hold what was committed.
 */
export async function recover(
  directory: string,
  onStep: (step: CommittedStep) => void,
  isCounted: (cursor: Cursor) => boolean = () => true,
): Promise<Recovered> {
  const reader = createByteReader(directory);
  const checked = new Map<string, RecoveredFile>();
  const totals = new Map<string, FileTotals>();
  const accept = async (plugin: string, block: Block): Promise<void> => {
    const file = checked.get(block.file) ?? recoverDataFile(directory, block.file, reader);
    await file.accept(block);
    totals.set(block.file, addBlock(totals.get(block.file), plugin, block));
    if (kindOf(block) !== "object") checked.set(block.file, file);
    else await file.continue().then((whole) => whole.close());
  };
  const index = await readCommitted(
    join(directory, "blocks.jsonl"),
    async (step) => {
      for (const block of step.blocks) await accept(step.plugin, block);
      onStep(step);
    },
    isCounted,
  ).finally(() => reader.close());
  const files = await continueAll(checked, totals);
  await removeUncommitted(directory, totals);
  return { files, index };
}

/** What grows is open; what was committed whole is only cut back, or thousands of files would be. */
async function continueAll(
  checked: ReadonlyMap<string, RecoveredFile>,
  totals: ReadonlyMap<string, FileTotals>,
): Promise<RecoveredFiles> {
  const open = new Map<string, DataFile>();
  const sealed = new Map<string, string>();
  for (const [path, file] of checked) {
    const grown = await file.continue();
    if (totals.get(path)?.kind === "bytes") {
      sealed.set(path, grown.sha256());
      await grown.close();
    } else open.set(path, grown);
  }
  return { open, sealed, totals };
}

/**
 * Goes through the committed steps of an index, one after another, up to the first line that is torn or makes no sense, or to
 * the first step that is not counted.
 */
export async function readCommitted(
  path: string,
  visit: (step: CommittedStep) => Promise<void>,
  isCounted: (cursor: Cursor) => boolean = () => true,
): Promise<Recovered["index"]> {
  const hasher = new Bun.CryptoHasher("sha256");
  let committed = { bytes: 0, lines: 0 };
  let waiting: { blocks: Block[]; bytes: Uint8Array[] } = { blocks: [], bytes: [] };
  for await (const { bytes, end, whole } of existingLines(path)) {
    const line = whole ? readableLine(bytes) : undefined;
    // From the first torn or unreadable line on nothing counts as committed: that work is done again.
    if (line === undefined) break;
    waiting.bytes.push(bytes.slice());
    if (line.block !== undefined) waiting.blocks.push(line.block);
    if (line.commit === undefined) continue;
    if (!isCounted(line.commit.cursor)) break;
    await visit({ plugin: line.plugin, blocks: waiting.blocks, commit: line.commit });
    for (const one of waiting.bytes) hasher.update(one).update("\n");
    committed = { bytes: end, lines: committed.lines + waiting.bytes.length };
    waiting = { blocks: [], bytes: [] };
  }
  return { ...committed, hasher };
}

async function* existingLines(path: string): ReturnType<typeof fileLines> {
  try {
    yield* fileLines(path, INDEX_LINE_BYTES_MAX);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

function readableLine(bytes: Uint8Array): IndexLine | undefined {
  try {
    const line = parseIndexLine(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return line.block === undefined || staysInside(line.block.file) ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Removes files that no committed step names: what the crash left half done. */
async function removeUncommitted(directory: string, totals: ReadonlyMap<string, FileTotals>): Promise<void> {
  for await (const path of ownEntries(directory))
    if (!totals.has(path) && !BOOKKEEPING.has(path)) await rm(join(directory, path));
}

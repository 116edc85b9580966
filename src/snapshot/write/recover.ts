/** Reads what an interrupted export committed: the state from which a resumed one continues. */
import { basename } from "node:path";
import type { Cursor } from "../../contract/contract.ts";
import type { Storage } from "../../storage/storage.ts";
import { isLitter } from "../../units/litter.ts";
import { isMissing } from "../../units/system-refusal.ts";
import type { Block, IndexLine } from "../format/block.ts";
import { addBlock, type FileTotals, kindOf } from "../format/file-totals.ts";
import { createByteReader } from "../read/byte-reader.ts";
import { INDEX_FILE, indexLines } from "../read/index-lines.ts";
import { type DataFile, type RecoveredFile, recoverDataFile } from "./data-file.ts";
import { openDirectory } from "./disk.ts";
import type { RecoveredFiles } from "./stored-files.ts";

/** What an interrupted export has committed, ready to be continued: all else was cut off or removed. */
export interface Recovered {
  readonly files: RecoveredFiles;
  /** The committed part of the index. */
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
  INDEX_FILE,
  "request.json",
  "request.json.tmp",
  "manifest.json.tmp",
  "lock",
]);

/**
 * Goes through the committed steps of an unfinished snapshot, checks the data that they name, cuts off everything else, and
 * leaves the files ready to grow.
 * @param onStep receives each committed step in order; the engine rebuilds its frontier from them
 * @param isCounted the committed part ends at the first step for which this is false
 * @throws SnapshotError when a data file does not hold what was committed.
 */
export async function recover(
  directory: string,
  onStep: (step: CommittedStep) => void,
  isCounted: (cursor: Cursor) => boolean = () => true,
): Promise<Recovered> {
  const snapshot = openDirectory(directory);
  const reader = createByteReader(snapshot);
  const checked = new Map<string, RecoveredFile>();
  const totals = new Map<string, FileTotals>();
  const accept = async (plugin: string, block: Block): Promise<void> => {
    const file = checked.get(block.file) ?? recoverDataFile(snapshot, block.file, reader);
    await file.accept(block);
    totals.set(block.file, addBlock(totals.get(block.file), plugin, block));
    if (kindOf(block) !== "object") checked.set(block.file, file);
    else await file.continue().then((whole) => whole.close());
  };
  const index = await committedSteps(
    snapshot,
    async (step) => {
      for (const block of step.blocks) await accept(step.plugin, block);
      onStep(step);
    },
    isCounted,
  ).finally(() => reader.close());
  const files = await continueAll(checked, totals);
  await removeUncommitted(snapshot, totals);
  return { files, index };
}

/** Opens only files that still grow; finished ones are just cut back, because there may be thousands. */
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

/** Goes through the committed steps of an unfinished snapshot, one after another. */
export async function readCommitted(
  snapshot: Storage,
  visit: (step: CommittedStep) => Promise<void>,
): Promise<void> {
  await committedSteps(snapshot, visit, () => true);
}

/** Stops at the first line that is unfinished or invalid, or at the first step that does not count. */
async function committedSteps(
  snapshot: Storage,
  visit: (step: CommittedStep) => Promise<void>,
  isCounted: (cursor: Cursor) => boolean,
): Promise<Recovered["index"]> {
  const hasher = new Bun.CryptoHasher("sha256");
  let committed = { bytes: 0, lines: 0 };
  let waiting: { blocks: Block[]; bytes: Uint8Array[] } = { blocks: [], bytes: [] };
  for await (const line of existingLines(snapshot)) {
    // From the first unfinished or unreadable line on, nothing counts as committed, and that work is done again.
    if (!line.whole || "flaw" in line) break;
    const { plugin, block, commit } = line.said;
    waiting.bytes.push(new Uint8Array(line.bytes));
    if (block !== undefined) waiting.blocks.push(block);
    if (commit === undefined) continue;
    if (!isCounted(commit.cursor)) break;
    await visit({ plugin, blocks: waiting.blocks, commit });
    for (const one of waiting.bytes) hasher.update(one).update("\n");
    committed = { bytes: line.end, lines: committed.lines + waiting.bytes.length };
    waiting = { blocks: [], bytes: [] };
  }
  return { ...committed, hasher };
}

async function* existingLines(snapshot: Storage): ReturnType<typeof indexLines> {
  try {
    yield* indexLines(snapshot);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes files that no committed step names, which the crash left half done. Other programs' files may still be in use. */
async function removeUncommitted(snapshot: Storage, totals: ReadonlyMap<string, FileTotals>): Promise<void> {
  for await (const path of snapshot.list())
    if (!totals.has(path) && !BOOKKEEPING.has(path) && !isLitter(basename(path))) await snapshot.remove(path);
}

/** Adds up the index line by line, and compares it with the manifest. */
import type { Counts, Cursor, Diagnostic } from "../contract/contract.ts";
import { type Block, type IndexLine, isOfSecondReading } from "../snapshot/format/block.ts";
import type { BlockPlace } from "../snapshot/format/block-place.ts";
import { createClaims } from "../snapshot/format/claims.ts";
import { countDifferences } from "../snapshot/format/counts.ts";
import { addBlock, type FileTotals } from "../snapshot/format/file-totals.ts";
import type { Manifest, ManifestFile, ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { createKeySet, type KeySet } from "../units/key-set.ts";
import { countedUnit } from "../units/unit-text.ts";
import { thereAre } from "../units/words.ts";

/** One flaw. Its subject is a file, relative to the snapshot; for a data block, also its place. */
export interface Flaw extends Diagnostic<"problem">, Partial<BlockPlace> {
  /** The block's line in `blocks.jsonl`, from 1. */
  readonly block?: number;
  /** The line of the file, from 1. */
  readonly line?: number;
  /** The first and last line of the block's records in the uncompressed file, from 1. */
  readonly lines?: { readonly first: number; readonly last: number };
  /** Whose data it is. */
  readonly plugin?: string;
}

/** Receives a flaw; every flaw is a problem. */
export type Complain = (flaw: Omit<Flaw, "severity">) => void;

/** The sums over one snapshot's index. What does not fit is complained of, not thrown. */
export interface IndexCheck {
  /** Enters a line of the index. */
  enter(line: IndexLine, number: number): void;
  /** Compares the sums, once all lines are entered. */
  finish(): void;
}

/**
 * Begins to check an index against its manifest: enter every line in order, then finish. @param complain receives each
 * difference
 */
export function createIndexCheck(manifest: Manifest, complain: Complain): IndexCheck {
  const files = new Map<string, FileTotals>();
  const trees = new Map<string, Tree>();
  const objectionTo = createClaims(manifest);
  const told = new Set<string>();
  const enterBlock = (plugin: string, block: Block, number: number): void => {
    const objection = objectionTo(plugin, block);
    // A file may have thousands of blocks: what is wrong with all of them is said once.
    if (objection !== undefined && !told.has(`${block.file} ${objection}`)) {
      told.add(`${block.file} ${objection}`);
      complain({ subject: block.file, message: objection, block: number });
    }
    const before = files.get(block.file);
    if (block.offset !== (before?.bytes ?? 0))
      complain({
        subject: block.file,
        message: `begins at byte ${block.offset}, the block before it ends at ${before?.bytes ?? 0}`,
        block: number,
      });
    files.set(block.file, addBlock(before, plugin, block));
  };
  return {
    enter({ plugin, block, commit }, number) {
      if (block !== undefined) enterBlock(plugin, block, number);
      if (commit === undefined) return;
      const tree = trees.get(plugin) ?? createTree();
      trees.set(plugin, tree);
      const objection = tree.commit(commit.cursor, commit.next);
      if (objection !== undefined) complain({ subject: "blocks.jsonl", message: objection, line: number });
    },
    finish() {
      for (const plugin of manifest.plugins) {
        for (const file of plugin.files) compareFile(file, files.get(file.path), complain);
        comparePlugin(plugin, trees.get(plugin.name), complain);
      }
    },
  };
}

function compareFile(file: ManifestFile, found: FileTotals | undefined, complain: Complain): void {
  if (found === undefined) {
    if (file.bytes > 0) complain({ subject: file.path, message: "is in the manifest and not in the index" });
    return;
  }
  const numbers = { bytes: file.bytes, blocks: file.blocks, records: file.records };
  differ(file.path, numbers, { bytes: found.bytes, blocks: found.blocks, records: found.records }, complain);
  differ(file.path, file.counts, found.counts, complain);
  const range = found.range === undefined ? {} : rangeToText(found.range);
  if (!Bun.deepEquals({ from: file.from, to: file.to }, { from: undefined, to: undefined, ...range }))
    complain({ subject: file.path, message: "its times in the manifest and in the index differ" });
}

function comparePlugin(plugin: ManifestPlugin, tree: Tree | undefined, complain: Complain): void {
  const sum: Record<string, number> = {};
  for (const { counts } of plugin.files)
    for (const [unit, number] of Object.entries(counts)) sum[unit] = (sum[unit] ?? 0) + number;
  differ("manifest.json", plugin.counts, sum, ({ subject: file, message }) =>
    complain({ subject: file, message: `${plugin.name}, all files together: ${message}` }),
  );
  const waiting = tree?.waiting() ?? 0;
  if (plugin.status === "complete" && waiting > 0)
    complain({
      subject: "blocks.jsonl",
      message: `${plugin.name} is marked as complete, but ${waiting} of its cursors were never run`,
    });
  if (plugin.status !== "failed" && tree === undefined)
    complain({ subject: "blocks.jsonl", message: `${plugin.name} has no lines` });
}

function differ(file: string, claimed: Counts, found: Counts, complain: Complain): void {
  for (const { unit, left, right } of countDifferences(claimed, found))
    complain({ subject: file, message: `the manifest says ${countedUnit(left, unit)}, ${thereAre(right)}` });
}

/**
 * Checks one plugin's cursors: each one that ran was named before, and each one named was run. Second readings are excluded: no
 * step names their first cursor, and an interrupted one starts again.
 */
interface Tree {
  /** @returns what is wrong with it */
  commit(cursor: Cursor, next: readonly Cursor[]): string | undefined;
  /** How many were named but not run. */
  waiting(): number;
}

function createTree(): Tree {
  const named: KeySet = createKeySet();
  const run: KeySet = createKeySet();
  let begun = false;
  return {
    commit(cursor, next) {
      if (isOfSecondReading(cursor)) return undefined;
      const key = canonicalJson(cursor);
      const isUnknown = begun && named.add(key);
      const isSecond = begun && !run.add(key);
      begun = true;
      for (const one of next) if (!isOfSecondReading(one)) named.add(canonicalJson(one));
      if (isUnknown) return "commits a cursor that no step before it has named";
      return isSecond ? "commits a cursor a second time" : undefined;
    },
    waiting: () => named.size - run.size,
  };
}

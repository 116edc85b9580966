/** What an export has committed into a place so far: its index, in a temporary file, and what each file and object amounts to. */
import type { StoredObject } from "../../contract/contract.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { addBlock, type FileTotals } from "../../snapshot/format/file-totals.ts";
import type { CommittedStep } from "../../snapshot/write/recover.ts";
import type { WrittenFile } from "../../snapshot/write/stored-files.ts";
import type { WrittenFiles } from "../../snapshot/write/writer.ts";
import { openScratch, type Scratch } from "../../storage/scratch.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { asError, messageOf } from "../../units/message-of.ts";
import { plainName } from "../format/bookkeeping.ts";
import { type CopyObject, fileIn } from "../format/copy-file.ts";
import { createCommitNames, type StraightCommit } from "./commits.ts";

/** Grows with every commit. */
export interface StraightState {
  /** The highest number of a commit. */
  number: number;
  /** Which run this is, from 0. */
  run: number;
  /** `blocks.jsonl` */
  readonly index: Scratch;
  /** By the file in the snapshot. */
  readonly objects: ReadonlyMap<string, CopyObject>;
  /** Names of files that are there, whether a commit names them or not. */
  readonly taken: Set<string>;
  readonly commitName: ReturnType<typeof createCommitNames>;
  /** Enters a step, after that which named its cursor. */
  enter(step: CommittedStep, commit: StraightCommit): void;
  summary(): WrittenFiles;
}

/** @throws SnapshotError when this machine has no room for it: the place is not to blame */
function writeTo(index: Scratch, text: Uint8Array): void {
  try {
    index.write(text);
  } catch (cause) {
    throw new SnapshotError(messageOf(cause), { cause, ...given({ hint: hintOf(asError(cause)) }) });
  }
}

/** Nothing is committed yet. @param there what the export's folder holds, by name below it */
export function createState(there: ReadonlyMap<string, StoredObject>): StraightState {
  const index = openScratch();
  const hasher = new Bun.CryptoHasher("sha256");
  const objects = new Map<string, CopyObject>();
  const totals = new Map<string, FileTotals>();
  const sums = new Map<string, string>();
  let lines = 0;
  const writtenFile = ({ blockSha256, ...one }: FileTotals): WrittenFile => ({
    ...one,
    sha256: sums.get(one.path) ?? blockSha256,
  });
  return {
    number: 0,
    run: 0,
    index,
    objects,
    taken: new Set([...there.keys()].map(plainName)),
    commitName: createCommitNames(),
    enter({ plugin, blocks }, commit) {
      for (const object of commit.objects) objects.set(fileIn(object), object);
      for (const [path, sum] of Object.entries(commit.sums)) sums.set(path, sum);
      for (const block of blocks) totals.set(block.file, addBlock(totals.get(block.file), plugin, block));
      const text = Buffer.from(commit.lines.map((line) => `${line}\n`).join(""));
      hasher.update(text);
      writeTo(index, text);
      lines += commit.lines.length;
    },
    summary: () => ({
      files: [...totals.values()].map(writtenFile),
      index: { bytes: index.size, lines, sha256: hasher.copy().digest("hex") },
    }),
  };
}
